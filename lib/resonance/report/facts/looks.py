"""What rounds did besides drawing by weights of slices: which weighed single documents, and how much was read before the draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import CANDIDATES, PHASE_APPRAISE, PHASE_REORDER, PLAN

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Looks:
    """What rounds did besides drawing by weights of slices.

    Args:
        weighed: rounds that drew single documents less than their slice.
        read: tokens that a model read of candidates and held-out documents before the draw, by round.
        unread: samples that a plan drew without a look, of how many, by round: too few of those looked at were left.
    """

    weighed: frozenset[int] = frozenset()
    read: Mapping[int, int] = field(default_factory=dict)
    unread: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def count_looks(sample_weights: DataFrame, signal_event: DataFrame, sample_plan: DataFrame) -> Looks:
    """The looks of all rounds. The driver sees a few numbers a round; where a round was read twice, the longer reading counts.

    Shuffles ids of the rounds that had candidates.
    """
    weighed = frozenset(row["round"] for row in sample_weights.select("round").distinct().collect())
    before = signal_event.where(F.col("phase").isin(PHASE_APPRAISE, PHASE_REORDER))
    sums = before.groupBy("round", "run").agg(F.sum("n_tok").alias("tokens"))
    rows = sums.groupBy("round").agg(F.max("tokens").alias("tokens")).collect()
    return Looks(weighed, {row["round"]: row["tokens"] for row in rows}, _count_unread(sample_plan))


def _count_unread(sample_plan: DataFrame) -> dict[int, tuple[int, int]]:
    arm = F.col("arm")
    asked = sample_plan.where(arm.isin(PLAN, CANDIDATES)).groupBy("round", "doc_id")
    found = asked.agg(F.count_if(arm == CANDIDATES).alias("looks"), F.count_if(arm == PLAN).alias("draws"))
    unread = F.sum(F.when(F.col("looks") == 0, F.col("draws")).otherwise(0))
    sums = found.groupBy("round").agg(F.sum("looks").alias("looks"), unread.alias("unread"), F.sum("draws").alias("draws"))
    rows = sums.where("looks > 0 AND unread > 0").collect()
    return {row["round"]: (row["unread"], row["draws"]) for row in rows}
