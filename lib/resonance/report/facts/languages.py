"""Documents by language: how many stayed, and how many each step cut, by the first rule that they failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.ledger import CUTTING
from resonance.core.versions import VERSION_KEY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class LanguageCount:
    """Documents of one language that one step cut for one first reason; those that stayed have neither.

    ``language`` is None where none is known.
    """

    language: str | None
    step: str | None
    rule: str | None
    documents: int


def count_languages(documents: DataFrame, basics: DataFrame, rejects: DataFrame) -> tuple[LanguageCount, ...]:
    """Every document once, by language, first step that cut it, and first reason there.

    Joins ids of documents with their language and with the ids of what was cut; a row for each language and reason comes back.
    """
    firsts = rejects.where((F.col("rank") == 1) & F.col("step").isin(*CUTTING))
    cut = firsts.groupBy(*VERSION_KEY).agg(*(F.min(F.when(F.col("step") == step, F.col("rule"))).alias(step) for step in CUTTING))
    told = basics.select(*VERSION_KEY, "language")
    known = documents.select(*VERSION_KEY).join(told, VERSION_KEY, "left").join(cut, VERSION_KEY, "left")
    step = F.coalesce(*(F.when(F.col(step).isNotNull(), F.lit(step)) for step in CUTTING))
    by = ("language", step.alias("step"), F.coalesce(*CUTTING).alias("rule"))
    counts = known.groupBy(*by).agg(F.count(F.lit(1)).alias("documents"))
    found = (LanguageCount(**row.asDict()) for row in counts.collect())
    return tuple(sorted(found, key=lambda count: tuple(map(str, (count.language, count.step, count.rule)))))
