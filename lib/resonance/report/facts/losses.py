"""Losses of trainings and scorings, summed by stretches of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import HELDOUT, PHASE_HELDOUT, PHASE_SCORE, PHASE_TRAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame, Row

    from resonance.report.facts.counts import SliceCount

CURVE_POINTS = 40
CURVE_DOCUMENTS = 16
"""A training is cut into at most this many stretches, of at least this many documents."""


@dataclass(frozen=True)
class Losses:
    """Sums over the events of one stretch of a training, or of a scoring; estimated where only a ``share`` of events is kept.

    Args:
        rows: all events, also the ``no_loss`` ones whose loss was no finite number.
        nats: their losses, with ``tokens`` and ``bytes`` of the events that have one.
        cut: tokens that found no room in the window, over all events.
    """

    round: int
    arm: str
    phase: str
    stretch: int
    rows: int
    nats: float
    tokens: int
    bytes: int
    share: float = 1.0
    no_loss: int = 0
    cut: int = 0


def sum_losses(events: DataFrame, steps: Iterable[Row], slices: Iterable[SliceCount]) -> tuple[Losses, ...]:
    """Loss sums of the newest training and scoring of each arm, trainings cut into stretches of equal numbers of documents."""
    runs = [step["run"] for step in steps if "signal_event" in step["written"]]
    if not runs:
        return ()
    width = _stretch_width(slices)
    stretch = F.when(F.col("phase") == PHASE_TRAIN, F.col("epoch") * CURVE_POINTS + F.floor(F.col("pos") / width)).otherwise(0)
    own = F.col("phase").isin(PHASE_TRAIN, PHASE_SCORE, PHASE_HELDOUT)
    sums = events.where(F.col("run").isin(runs) & own).groupBy("round", "arm", "phase", stretch.cast("int").alias("stretch"))
    missing = F.col("loss_sum").isNull()
    sizes = {"rows": F.lit(1), "no_loss": F.when(missing, 1), "cut": F.col("n_cut")}
    sizes |= {"tokens": F.when(~missing, F.col("n_tok")), "bytes": F.when(~missing, F.col("n_bytes"))}
    rows = sums.agg(
        *(F.round(_estimate_sum(value)).cast("bigint").alias(name) for name, value in sizes.items()),
        _estimate_sum(F.col("loss_sum")).alias("nats"),
        F.min("log_pi").alias("share"),
    )
    return tuple(Losses(**row.asDict()) for row in rows.orderBy("round", "arm", "phase", "stretch").collect())


def _stretch_width(slices: Iterable[SliceCount]) -> int:
    """Documents of one stretch, the same for all trainings: set by the longest."""
    planned: dict[tuple[int, str], int] = {}
    for part in slices:
        if part.part == "draw" and part.arm != HELDOUT:
            planned[part.round, part.arm] = planned.get((part.round, part.arm), 0) + part.rows
    return max(-(-max(planned.values(), default=1) // CURVE_POINTS), CURVE_DOCUMENTS)


def _estimate_sum(value: Column) -> Column:
    """The sum over all events, estimated from those that are kept; zero where no row has a value."""
    return F.coalesce(F.sum(value / F.col("log_pi")), F.lit(0.0))
