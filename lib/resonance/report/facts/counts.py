"""Documents and rows by slice: as they came, as they stayed, in each draw, and as each step cut them; and bytes in all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.ledger import drop_cut
from resonance.core.turns import CANDIDATES, RULE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

TEXT_BYTES = 2_000_000_000
"""Where there is more text than this, no page shows any."""


@dataclass(frozen=True)
class SliceCount:
    """Documents (distinct), rows and bytes of one slice in one part of the corpus or in one draw."""

    part: str
    round: int
    arm: str
    slice: str
    documents: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Cut:
    """Rows of one slice that a step cut, by the first rule that they failed."""

    step: str
    rule: str
    slice: str | None
    rows: int


def count_slices(frames: Mapping[str, DataFrame]) -> tuple[SliceCount, ...]:
    """Documents by slice: as read, kept, held out, and in each draw.

    Shuffles partial sums by slice, and ids to find what was kept.
    """
    one, size = F.lit(1), F.col("n_bytes")
    first = F.when((F.col("copy") == 0) & (F.col("epoch") == 0), 1)
    stayed = drop_cut(frames["documents"].select("doc_id", "batch", "slice", "n_bytes"), frames["rejects"])
    drawn = frames["sample_plan"].where((F.col("arm") != CANDIDATES) & ~F.col("arm").startswith(RULE))
    counts = (
        _count_part("read", frames["raw"], (), one, F.lit(0)),
        _count_part("kept", stayed, (), one, size),
        _count_part("draw", drawn, ("round", "arm"), first, size),
    )
    rows = reduce(lambda part, other: part.unionByName(other), counts)
    return tuple(SliceCount(**row.asDict()) for row in rows.collect())


def _count_part(part: str, rows: DataFrame, turn: tuple[str, ...], documents: Column, size: Column) -> DataFrame:
    sums = rows.groupBy(*turn, "slice").agg(
        F.count(documents).alias("documents"), F.count(F.lit(1)).alias("rows"), F.sum(size.cast("bigint")).alias("bytes")
    )
    place = [F.col(c) for c in turn] or [F.lit(0).alias("round"), F.lit("").alias("arm")]
    return sums.select(
        F.lit(part).alias("part"), *place, "slice", "documents", "rows", F.coalesce("bytes", F.lit(0)).alias("bytes")
    )


def count_cuts(rejects: DataFrame) -> tuple[Cut, ...]:
    """Cut rows by step, first failed rule and slice."""
    sums = rejects.where("rank = 1").groupBy("step", "rule", "slice").agg(F.count(F.lit(1)).alias("rows"))
    return tuple(Cut(**row.asDict()) for row in sums.collect())


def sum_bytes(documents: DataFrame) -> int:
    """Bytes of all stored texts."""
    return int(documents.agg(F.coalesce(F.sum(F.col("n_bytes").cast("bigint")), F.lit(0))).collect()[0][0])
