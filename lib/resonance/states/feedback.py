"""The job that turns events into states: of each text over all rounds, and of each slice in this one."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from resonance.core.job import Turn
from resonance.core.settings import FeedbackSettings
from resonance.core.turns import PHASE_SCORE, PLAN
from resonance.core.versions import VERSION_KEY, find_superseded, order_batches
from resonance.states.history import TEXT, add_figures, bits_per_byte, merge_histories, start_histories
from resonance.states.progress import measure_progress
from resonance.states.trend import subtract_trend


def feedback(
    signal_event: DataFrame,
    slice_sums: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    *,
    settings: FeedbackSettings,
    turn: Turn,
) -> tuple[DataFrame, DataFrame]:
    """``signal_state`` of the plan arm up to ``turn.round``, and ``slice_state`` of all arms of that round.

    Neither includes held-out documents. A text or label that has changed since gets a new state; the old one is kept and is no
    longer ``current``. Shuffles events by sample, ids of documents, sums by arm and slice, for the trend sums by checkpoint and
    slice, and for the progress the round's losses by sample.
    """
    so_far = signal_event.where((F.col("arm") == PLAN) & (F.col("round") <= turn.round))
    exposures = start_histories(subtract_trend(so_far, settings.trend_decay), settings.early_steps)
    states = add_figures(merge_histories(exposures))
    known = _find_newest(documents, examples, turn).withColumn("known", F.lit(True))
    marked = states.join(known, list(TEXT), "left").withColumn("current", F.col("known").isNotNull()).drop("known")
    return marked, _sum_slices(signal_event, slice_sums, settings, turn)


def _find_newest(documents: DataFrame, examples: DataFrame, turn: Turn) -> DataFrame:
    """Document and content hash of each text or example that no later delivery replaced."""
    versions = documents.select(*VERSION_KEY)
    order = order_batches([row["batch"] for row in versions.select("batch").distinct().collect()], turn.deliveries)
    known = documents.select(*TEXT, "batch").unionByName(examples.select(*TEXT, "batch"))
    return known.join(find_superseded(versions, order), VERSION_KEY, "left_anti").select(*TEXT)


def _sum_slices(signal_event: DataFrame, slice_sums: DataFrame, settings: FeedbackSettings, turn: Turn) -> DataFrame:
    """Bits per byte of each slice's drawn documents at the round's last checkpoint, against the mean over slices of its arm.

    Slices with fewer than ``min_documents`` scored documents are left out, also of the mean: their figure is noise. Where only a
    part of the events is kept, ``slice_sums`` replaces them: it was summed over all events.
    """
    whole = signal_event.where("log_pi = 1 AND loss_sum IS NOT NULL").withColumns({"n_events": F.lit(1), "nats": F.col("loss_sum")})
    names = ("round", "arm", "phase", "slice", "n_events", "n_bytes", "n_tok", "nats")
    parts = whole.select(*names).unionByName(slice_sums.select(*names))
    sums = (
        parts.where((F.col("phase") == PHASE_SCORE) & (F.col("round") == turn.round))
        .groupBy("round", "arm", "slice")
        .agg(F.sum("n_events").alias("n_docs"), *(F.sum(name).alias(name) for name in ("n_bytes", "n_tok", "nats")))
        .where(F.col("n_docs") >= settings.min_documents)
        .withColumn("bpb", bits_per_byte("nats", "n_bytes"))
    )
    mean = F.avg("bpb").over(Window.partitionBy("arm"))
    told = sums.withColumn("mean_bpb", mean).withColumn("excess", F.col("bpb") - F.col("mean_bpb"))
    progress = measure_progress(signal_event.where(F.col("round") == turn.round))
    return told.join(progress, ["round", "arm", "slice"], "left")
