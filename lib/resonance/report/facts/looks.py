"""What rounds did besides drawing by weights of slices: which weighed single documents, and how much was read before the draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import PHASE_APPRAISE, PHASE_REORDER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Looks:
    """What rounds did besides drawing by weights of slices.

    Args:
        weighed: rounds that drew single documents less than their slice.
        read: tokens that a model read of candidates before the draw, by round.
    """

    weighed: frozenset[int] = frozenset()
    read: Mapping[int, int] = field(default_factory=dict)


def count_looks(sample_weights: DataFrame, signal_event: DataFrame) -> Looks:
    """The looks of all rounds. The driver sees one number a round; where a round was read twice, the longer reading counts."""
    weighed = frozenset(row["round"] for row in sample_weights.select("round").distinct().collect())
    before = signal_event.where(F.col("phase").isin(PHASE_APPRAISE, PHASE_REORDER))
    sums = before.groupBy("round", "run").agg(F.sum("n_tok").alias("tokens"))
    rows = sums.groupBy("round").agg(F.max("tokens").alias("tokens")).collect()
    return Looks(weighed, {row["round"]: row["tokens"] for row in rows})
