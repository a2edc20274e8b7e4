"""How far a training loss is above the trend of its slice at that step.

Training losses fall from step to step because the model improves, so losses of different steps cannot be compared. Each is
compared with a moving mean of its slice instead. Losses at a fixed checkpoint (phase ``score``) do not need this.
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
"""The key of exposures of one slice that were committed together."""


def find_trend(signal_event: DataFrame, decay: float) -> DataFrame:
    """Column ``trend`` by run, slice and step: the exponential moving mean of bits per byte over the checkpoints so far.

    One shuffle of partial sums; then one row for each run, slice and checkpoint.

    Args:
        signal_event: events of any phase; only those of training are used.
        decay: weight of the mean so far; the first checkpoint starts with its own mean.
    """
    moments = signal_event.where((F.col("phase") == PHASE_TRAIN) & F.col("loss_sum").isNotNull()).groupBy(*MOMENT)
    means = moments.agg(F.sum("loss_sum").alias("nats"), F.sum("n_bytes").alias("n_bytes"))
    so_far = Window.partitionBy("run", "slice").orderBy("step").rowsBetween(Window.unboundedPreceding, 0)
    history = F.collect_list(bits_per_byte("nats", "n_bytes")).over(so_far)
    moving = F.aggregate("history", F.get("history", F.lit(0)), lambda mean, now: mean * decay + now * (1 - decay))
    return means.withColumn("history", history).select(*MOMENT, moving.alias("trend"))


def subtract_trend(signal_event: DataFrame, decay: float) -> DataFrame:
    """Adds ``above``: bits per byte minus the trend for events of training, null for all others. No shuffle."""
    joined = signal_event.join(F.broadcast(find_trend(signal_event, decay)), list(MOMENT), "left")
    trained = F.col("phase") == PHASE_TRAIN
    return joined.withColumn("above", F.when(trained, bits_per_byte("loss_sum", "n_bytes") - F.col("trend"))).drop("trend")
