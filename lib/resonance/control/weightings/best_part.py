"""The best part of each slice at full rate, the rest at a part of it: what selection by excess losses comes down to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def keep_best(scored: DataFrame, by: str, keep: float, least: float, reason: str) -> DataFrame:
    """The rows outside of the best part, with ``factor`` and ``reason``. Shuffles values by slice; one task sorts a slice.

    Args:
        scored: documents with their slice and the column ``by``; those without a value are left out.
        by: what is better where it is higher.
        keep: share of each slice that is the best part.
        least: the factor of the others.
        reason: why they have it.
    """
    rank = F.percent_rank().over(Window.partitionBy("slice").orderBy(F.desc(by)))
    ranked = scored.where(F.col(by).isNotNull()).withColumn("rank", rank)
    return ranked.where(F.col("rank") > keep).withColumns({"factor": F.lit(least), "reason": F.lit(reason)}).drop("rank")
