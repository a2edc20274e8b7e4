"""How far an exposure in training stands above the trend of its time: early losses are high because the model is young.

Losses while training moves the model fall from step to step, so that those of different steps cannot be ranked. Each is held
against a moving mean of its slice instead; losses at a fixed checkpoint (phase ``score``) need none of this and stay apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.turns import PHASE_TRAIN
from resonance.states.history import bits_per_byte

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MOMENT = ("run", "slice", "step")
"""Exposures that were committed together, by slice."""


def trend(signal_event: DataFrame, decay: float) -> DataFrame:
    """``trend`` by run, slice and step: the exponential moving mean of bits per byte over the checkpoints so far.

    One shuffle of partial sums; then one row for each run, slice and checkpoint.

    Args:
        signal_event: events of any phase; those of training count.
        decay: weight of what came before; the first checkpoint starts with its own mean.
    """
    moments = signal_event.where((F.col("phase") == PHASE_TRAIN) & F.col("loss_sum").isNotNull()).groupBy(*MOMENT)
    means = moments.agg(F.sum("loss_sum").alias("nats"), F.sum("n_bytes").alias("n_bytes"))
    so_far = Window.partitionBy("run", "slice").orderBy("step").rowsBetween(Window.unboundedPreceding, 0)
    history = F.collect_list(bits_per_byte("nats", "n_bytes")).over(so_far)
    moving = F.aggregate("history", F.get("history", F.lit(0)), lambda mean, now: mean * decay + now * (1 - decay))
    return means.withColumn("history", history).select(*MOMENT, moving.alias("trend"))


def against_trend(signal_event: DataFrame, decay: float) -> DataFrame:
    """The events with ``above``: bits per byte of an exposure in training less the trend; null for all others. No shuffle."""
    held = signal_event.join(F.broadcast(trend(signal_event, decay)), list(MOMENT), "left")
    trained = F.col("phase") == PHASE_TRAIN
    return held.withColumn("above", F.when(trained, bits_per_byte("loss_sum", "n_bytes") - F.col("trend"))).drop("trend")
