"""How much a round still taught about each slice: learning itself, told apart from memory and from hard texts.

A training is its own reference model: when it meets a text, its loss is that of a model which never saw the text. So losses fall
over a round by what is learnt of texts in general, which more text of the slice may teach again: an excess loss in the sense of
Mindermann et al. 2022 (arXiv 2206.07137), without a second model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import PHASE_SCORE, PHASE_TRAIN
from resonance.states.history import TEXT, bits_per_byte

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ARM = ("round", "arm")


def measure_progress(signal_event: DataFrame) -> DataFrame:
    """Columns ``progress`` and its standard error by round, arm and slice, in bits per byte.

    Of a text, the fall is its loss when training met it minus its loss at the end of the round. Falls of early texts hold what was
    learnt since, and what was memorized of the text; those of late texts hold the memory alone. Progress is the mean fall of the
    first half of the round's texts minus that of the second half. As each text stands against itself, hard texts and junk count for
    nothing. Texts that the round drew several times are left out: more of them is memory. As the rate falls, late texts are
    memorized a little less: where nothing is learnt, progress still is about .1, for all slices alike (``lib/decisions/0024``).
    Both figures are null where a half has fewer than two texts of the slice.

    Shuffles the losses of texts by id, then sums by slice.

    Args:
        signal_event: events of any phase; those of training and of scores at the end are used.
    """
    trained, scored = (F.col("phase") == name for name in (PHASE_TRAIN, PHASE_SCORE))
    bpb = bits_per_byte("loss_sum", "n_bytes")
    texts = (
        signal_event.where(trained | scored)
        .groupBy(*ARM, "slice", *TEXT)
        .agg(
            F.sum(trained.cast("int")).alias("draws"),
            F.max(F.when(trained, F.col("pos"))).alias("pos"),
            (F.max(F.when(trained, bpb)) - F.max(F.when(scored, bpb))).alias("fall"),
        )
        .where("draws = 1 AND fall IS NOT NULL")
    )
    middle = signal_event.where(trained).groupBy(*ARM).agg((F.max("pos") / 2).alias("middle"))
    early = F.col("pos") <= F.col("middle")
    placed = texts.join(F.broadcast(middle), list(ARM))
    halves = placed.groupBy(*ARM, "slice").agg(*_sum_half("early", early), *_sum_half("late", ~early))
    gain = F.col("early_mean") - F.col("late_mean")
    error = F.sqrt(_square_error("early") + _square_error("late"))
    told = F.least("early_n", "late_n") > 1
    return halves.select(*ARM, "slice", F.when(told, gain).alias("progress"), F.when(told, error).alias("progress_error"))


def _sum_half(name: str, mine: Column) -> tuple[Column, Column, Column]:
    """Number, mean and mean square of the falls of one half."""
    fall = F.when(mine, F.col("fall"))
    return F.count(fall).alias(f"{name}_n"), F.avg(fall).alias(f"{name}_mean"), F.avg(fall * fall).alias(f"{name}_square")


def _square_error(name: str) -> Column:
    """The squared standard error of the mean of one half."""
    mean, n = F.col(f"{name}_mean"), F.col(f"{name}_n")
    spread = F.greatest(F.col(f"{name}_square") - mean * mean, F.lit(0.0))
    return spread / F.when(n > 1, n - 1)
