"""Whether what is drawn of a slice differs from what is held out of it, by kinds of documents: their predicates and signals.

A naive Bayes classifier learns kinds on the half of the documents where slices are found, and is asked on the other half; how well
it tells the two is the area under its ROC curve. It reads no text: a shift in words that no signal sees is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.attribute.chances import rank_groups
from resonance.attribute.evidence import Evidence, is_inside
from resonance.attribute.predicates import MEASURED
from resonance.attribute.slices import choose_half
from resonance.core.chance import hash_columns, uniform
from resonance.core.frames import add_group_values, find_quantiles, rank_rows
from resonance.core.versions import VERSION_KEY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    Checkpoint = Callable[[DataFrame, str], DataFrame]

TENTHS = tuple(at / 10 for at in range(1, 10))
MOST = 20_000
"""Drawn documents of a slice that are compared, about: an area is then known to half a hundredth."""
POINTS = 10
"""Points of a score for each nat of log odds: whole numbers, so that sums do not depend on the order of rows."""


@dataclass(frozen=True)
class Shift:
    """How well drawn documents of a slice are told from held-out ones, on the half that confirms.

    Args:
        area: chance that a held-out document looks more held out than a drawn one; a half where they are alike.
        error: its standard error.
        held: held-out documents that were compared, ``drawn`` drawn ones, each once however often it is drawn.
        kind: the predicate that the draw lacks most, on the other half.
        kind_held: its share among held-out documents there, ``kind_drawn`` that among drawn ones.
    """

    area: float
    error: float
    held: int
    drawn: int
    kind: str
    kind_held: float
    kind_drawn: float


def compare_draws(
    held: DataFrame, drawn: DataFrame, evidence: Sequence[Evidence], features: Sequence[str], seed: int, checkpoint: Checkpoint
) -> dict[str, Shift]:
    """How what is drawn of each slice differs from what is held out; none for a slice that lacks one of them on a half.

    ``held`` and ``drawn`` have the predicates of ``describe_documents``; ``half`` says which half a held-out document is in, drawn
    ones are halved here in the same way. Shuffles kinds of at most ``MOST`` drawn documents of each slice. The driver sees a few
    hundred rows for each slice.
    """
    if not evidence:
        return {}
    key = [*VERSION_KEY, "held", "draws", "half"]
    mine = held.withColumn("draws", F.lit(1).cast("bigint"))
    both = mine.select(*key, *features, *MEASURED).unionByName(
        drawn.withColumn("half", choose_half(seed)).select(*key, *features, *MEASURED)
    )  # fmt: skip
    kinds = _name_kinds(held, features)
    members = both.withColumn("member", F.explode(F.array(*(_choose(one, seed) for one in evidence)))).where("member IS NOT NULL")
    each = members.select("member", *key, F.explode(F.array(*kinds)).alias("kind"))
    learnt = checkpoint(_count_kinds(each.where("half = 0")), "kinds")
    telling = {row["member"]: row.asDict() for row in _find_telling(learnt).collect()}
    odds = F.round(F.lit(POINTS) * F.log((F.col("n_held") + F.lit(1)) / (F.col("n_drawn") + F.lit(1)))).cast("bigint")
    asked = each.where("half = 1").join(learnt.select("member", "kind", odds.alias("points")), ["member", "kind"], "left")
    scores = asked.groupBy("member", *key).agg(F.sum(F.coalesce("points", F.lit(0))).alias("score"))
    counts = scores.groupBy("member", "held", "score").agg(
        F.count(F.lit(1)).alias("n"), F.sum("draws").alias("draws"), F.sum(F.col("draws") * F.col("draws")).alias("squares")
    )
    found: dict[str, dict[bool, list[Mapping[str, int]]]] = {}
    for row in counts.collect():
        found.setdefault(row["member"], {True: [], False: []})[row["held"]].append(row.asDict())
    return {
        name: _measure(groups[True], groups[False], len(kinds), telling[name])
        for name, groups in found.items()
        if groups[True] and groups[False] and name in telling
    }


def _name_kinds(held: DataFrame, features: Sequence[str]) -> list[Column]:
    """The kinds of a document: a predicate for each feature, and the tenth that each signal lies in among held-out documents."""
    ends = held.agg(*(find_quantiles(F.col(name), TENTHS).alias(name) for name in MEASURED)).collect()[0]
    known = [F.coalesce(F.col(name), F.lit(f"{name} = ?")) for name in features]
    for name in MEASURED:
        above = [(F.col(name) > F.lit(end)).cast("int") for end in ends[name] if end is not None]
        known.append(F.concat(F.lit(f"{name} = "), F.coalesce(sum(above, F.lit(1)).cast("string"), F.lit("?"))))
    return known


def _choose(one: Evidence, seed: int) -> Column:
    """The slice's name where a document is in it and is compared: all held-out ones, and a share of many drawn ones."""
    compared = F.col("held") | (uniform(hash_columns(["doc_id"], seed, "shift")) < MOST / max(one.inside["drawn"], 1))
    return F.when(is_inside(one.name) & compared, F.lit(one.name))


def _count_kinds(each: DataFrame) -> DataFrame:
    """How often a kind is held out and drawn, for each slice."""
    held, drawn = (F.sum(F.when(side, F.col("draws")).otherwise(F.lit(0))) for side in (F.col("held"), ~F.col("held")))
    return each.groupBy("member", "kind").agg(held.alias("n_held"), drawn.alias("n_drawn"))


def _find_telling(learnt: DataFrame) -> DataFrame:
    """One row for each slice that has both sides: the kind that the draw lacks most, and the sums over all kinds."""
    sums = {"held_sum": F.sum("n_held"), "drawn_sum": F.sum("n_drawn")}
    told = add_group_values(learnt, ["member"], sums, "held_sum > 0 AND drawn_sum > 0")
    told = told.withColumn("gap", F.col("n_held") / F.col("held_sum") - F.col("n_drawn") / F.col("drawn_sum"))
    return told.withColumn("place", rank_rows(["member"], [F.desc("gap"), "kind"])).where("place = 1")


def _measure(
    held: Sequence[Mapping[str, int]], drawn: Sequence[Mapping[str, int]], kinds: int, telling: Mapping[str, int]
) -> Shift:
    """A drawn document counts as often as it is drawn; how sure the area is follows from their effective number (Kish 1965)."""
    draws = sum(row["draws"] for row in drawn)
    effective = draws**2 / sum(row["squares"] for row in drawn)
    area, error = rank_groups(
        {row["score"]: row["n"] for row in held}, {row["score"]: row["draws"] * effective / draws for row in drawn}
    )
    shares = (telling[f"n_{side}"] * kinds / telling[f"{side}_sum"] for side in ("held", "drawn"))
    return Shift(area, error, sum(row["n"] for row in held), sum(row["n"] for row in drawn), str(telling["kind"]), *shares)
