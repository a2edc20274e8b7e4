"""The excess loss of a text: its loss at the round's model minus that of a reference model which never saw it.

An excess is something left to learn, or noise. Reducible holdout loss: Mindermann et al. 2022, "Prioritized Training on Points that
are Learnable, Worth Learning, and Not Yet Learnt" (arXiv 2206.07137). The reference is cross-fitted instead of trained on a
hold-out: each fold is scored by a model of the other folds. The disagreement of ranks stays sound where labels or texts are corrupt
and losses alone do not (arXiv 2605.07551). What tuning on target slices takes off the reference's loss: Brandfonbrener et al. 2024,
"CoLoR-Filter: Conditional Loss Reduction Filtering for Targeted Language Model Pre-training" (arXiv 2406.10670). Excess loss of a
slice: Xie et al. 2023, "DoReMi" (arXiv 2305.10429), clipped at zero by text here, by token there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.frames import find_quantiles
from resonance.core.turns import PHASE_REFERENCE, PHASE_SCORE, PHASE_TARGET, PLAN
from resonance.states.history import TEXT, bits_per_byte

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.core.job import Turn
    from resonance.core.settings import CrossFitSettings


def measure_excess(signal_event: DataFrame, *, settings: CrossFitSettings, turn: Turn) -> DataFrame:
    """Rows of ``excess_loss``: bits per byte of each text at the round's model and at its reference, and how they differ.

    A text is left out unless both models gave it a finite loss. ``excess`` is the difference, clipped to the two percentiles
    ``clip`` of its slice, so that a few broken texts do not dominate; ``disagreement`` is the variance of the text's two ranks
    within the slice. ``target_gain`` is null where no reference was tuned.

    Shuffles ids and losses of texts by id, once for each of the three models. Then shuffles losses by slice: one task sorts all
    losses of a slice, twice, and keeps all its differences in memory for their percentiles.
    """
    signal_event = signal_event.where("loss_sum IS NOT NULL")
    current = signal_event.where((F.col("phase") == PHASE_SCORE) & (F.col("arm") == PLAN) & (F.col("round") == turn.round))
    reference = signal_event.where((F.col("phase") == PHASE_REFERENCE) & (F.col("round") == turn.round))
    bpb = bits_per_byte("loss_sum", "n_bytes")
    now = current.select(*TEXT, "bucket", "round", "slice", "n_bytes", bpb.alias("bpb"))
    tuned = signal_event.where((F.col("phase") == PHASE_TARGET) & (F.col("round") == turn.round))
    both = now.join(reference.select(*TEXT, "arm", bpb.alias("reference_bpb")), list(TEXT))
    all_three = both.join(tuned.select(*TEXT, bpb.alias("target_bpb")), list(TEXT), "left")
    found = all_three.withColumn("difference", F.col("bpb") - F.col("reference_bpb"))
    found = found.withColumn("target_gain", F.col("reference_bpb") - F.col("target_bpb"))
    ends = find_quantiles(F.col("difference"), settings.clip)
    bounds = found.groupBy("slice").agg(ends.alias("ends"))
    clipped = F.least(F.greatest("difference", F.col("ends")[0]), F.col("ends")[1])
    named = found.join(F.broadcast(bounds), "slice").withColumn("excess", clipped)
    ranks = [F.percent_rank().over(Window.partitionBy("slice").orderBy(loss)) for loss in ("bpb", "reference_bpb")]
    gap = ranks[0] - ranks[1]
    return named.withColumn("disagreement", gap * gap / 4).withColumnRenamed("arm", "fold").drop("ends", "target_bpb")


def average_excess(excess_loss: DataFrame) -> DataFrame:
    """Rows of ``slice_excess``: means over the bytes of each slice. A negative excess counts as zero.

    Shuffles partial sums by slice.
    """
    size = F.sum("n_bytes")

    def mean(value: Column) -> Column:
        return F.sum(value * F.col("n_bytes")) / size

    return excess_loss.groupBy("round", "slice").agg(
        F.count(F.lit(1)).alias("n_docs"),
        size.alias("n_bytes"),
        mean(F.col("bpb")).alias("bpb"),
        mean(F.col("reference_bpb")).alias("reference_bpb"),
        mean(F.greatest("difference", F.lit(0.0))).alias("excess"),
        mean(F.col("target_gain")).alias("target_gain"),
    )
