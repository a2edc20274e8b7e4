"""Held-out bits per byte by slice, with intervals, and against the control arm; where labels are learnt, how many are right."""

from __future__ import annotations

import math

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.benchmark.bootstrap import resample_documents
from resonance.core.effect import MANY, SUSPECTED
from resonance.core.frames import find_quantiles
from resonance.core.job import Turn
from resonance.core.settings import EvaluateSettings
from resonance.core.turns import ALL_SLICES, CONTROL, PHASE_HELDOUT, PLAN

COUNTS = ("n_docs", "n_bytes", "n_tok", "n_compared", "n_suspected")
SUMS = (*COUNTS, "nats", "paired_bytes", "paired_nats", "rival_nats", "labelled", "right")
POINTS = ("bpb", "delta", "accuracy")
"""What is told of the documents as they are; intervals come from the replicates."""


def evaluate(signal_event: DataFrame, appraisals: DataFrame, *, settings: EvaluateSettings, turn: Turn, seed: int) -> DataFrame:
    """Rows of ``evaluations`` for ``turn``: bits per byte of each slice and of all (``*``), each with a 95 % bootstrap interval.

    Arm ``plan`` is compared with arm ``control`` of its round, if there is one, on the same documents with the same bootstrap
    weights, so that what is common to both cancels. There documents that ``appraisals`` suspect do not count, and one of n alike
    texts counts as an n-th, for both arms alike: else an arm that learns less junk would lose where junk was held out. The interval
    covers the choice of documents, not the chance in training.
    Where labels are learnt, ``accuracy`` is the share of documents whose label the model names first.
    Shuffles the held-out events once by document, and appraisals by id, then slices x replicates partial sums.
    """
    documents = _weigh_documents(_pair_documents(signal_event, turn), appraisals.where(F.col("round") == turn.round))
    sums = _sum_slices(resample_documents(documents, replicates=settings.replicates, seed=seed))
    ratios = sums.select(
        "slice",
        "replicate",
        *COUNTS,
        _measure_bits("nats", "n_bytes").alias("bpb"),
        (_measure_bits("paired_nats", "paired_bytes") - _measure_bits("rival_nats", "paired_bytes")).alias("delta"),
        F.when(F.col("labelled") > 0, F.col("right") / F.col("labelled")).alias("accuracy"),
    )
    return (
        ratios.groupBy("slice")
        .agg(
            *(F.max(F.when(F.col("replicate") == 0, F.col(name))).alias(name) for name in (*COUNTS, *POINTS)),
            _find_interval("bpb").alias("interval"),
            _find_interval("delta").alias("difference"),
        )
        .select(
            F.lit(turn.round).alias("round"),
            F.lit(turn.arm).alias("arm"),
            "slice",
            *COUNTS,
            "bpb",
            F.coalesce(F.col("interval")[0], "bpb").alias("low"),
            F.coalesce(F.col("interval")[1], "bpb").alias("high"),
            F.when(F.col("delta").isNotNull(), CONTROL).alias("versus"),
            "delta",
            F.col("difference")[0].alias("delta_low"),
            F.col("difference")[1].alias("delta_high"),
            F.lit(settings.replicates).alias("replicates"),
            "accuracy",
        )
    )


def _pair_documents(signal_event: DataFrame, turn: Turn) -> DataFrame:
    """One row for each held-out document of ``turn``, with the control arm's loss on it if there is one."""
    own = F.col("arm") == turn.arm
    rival = (F.col("arm") == CONTROL) if turn.arm == PLAN else F.lit(False)
    events = signal_event.where((F.col("phase") == PHASE_HELDOUT) & (F.col("round") == turn.round) & (own | rival))
    rows = events.groupBy("doc_id", "content_hash", "slice").agg(
        F.max(F.when(own, F.col("n_bytes"))).alias("n_bytes"),
        F.max(F.when(own, F.col("n_tok"))).alias("n_tok"),
        F.max(F.when(own, F.col("loss_sum"))).alias("nats"),
        F.max(F.when(rival, F.col("loss_sum"))).alias("rival_nats"),
        F.max(F.when(own, (F.col("prediction") == F.col("label")).cast("int"))).alias("right"),
    )
    return rows.where("nats IS NOT NULL")


def _weigh_documents(rows: DataFrame, appraisals: DataFrame) -> DataFrame:
    """What each document counts for, as it is and in the comparison of arms."""
    looks = appraisals.select("doc_id", "content_hash", "posterior", "alike")
    paired, suspected = F.col("rival_nats").isNotNull(), F.coalesce(F.col("posterior") > SUSPECTED, F.lit(False))
    share = F.when(F.col("alike") >= MANY, 1 / F.col("alike")).otherwise(F.lit(1.0))
    counts = F.when(paired & ~suspected, share)
    return rows.join(looks, ["doc_id", "content_hash"], "left").select(
        *("doc_id", "slice", "n_bytes", "n_tok", "nats", "right"),
        F.lit(1).alias("n_docs"),
        (paired & ~suspected).cast("int").alias("n_compared"),
        (paired & suspected).cast("int").alias("n_suspected"),
        (counts * F.col("n_bytes")).alias("paired_bytes"),
        (counts * F.col("nats")).alias("paired_nats"),
        (counts * F.col("rival_nats")).alias("rival_nats"),
        F.col("right").isNotNull().cast("int").alias("labelled"),
    )


def _sum_slices(weighted: DataFrame) -> DataFrame:
    """Weighted sums by slice and replicate, and over all slices."""
    by_slice = weighted.groupBy("slice", "replicate").agg(*(F.sum(F.col("w") * F.col(name)).alias(name) for name in SUMS))
    both = by_slice.withColumn("slice", F.explode(F.array("slice", F.lit(ALL_SLICES))))
    return both.groupBy("slice", "replicate").agg(*(F.sum(name).alias(name) for name in SUMS))


def _measure_bits(nats: str, n_bytes: str) -> Column:
    """Bits per byte; null for a replicate without documents."""
    return F.when(F.col(n_bytes) > 0, F.col(nats) / (F.lit(math.log(2.0)) * F.col(n_bytes)))


def _find_interval(name: str) -> Column:
    return find_quantiles(F.when(F.col("replicate") > 0, F.col(name)), (0.025, 0.975))
