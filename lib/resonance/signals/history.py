"""The history of a text over rounds: sums, and first and last values, that merge in any grouping."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TEXT = ("doc_id", "content_hash")
"""What was measured belongs to a document and the text that it had then."""


def bits_per_byte(nats: str, n_bytes: str) -> Column:
    """Loss in the one unit that does not depend on the tokenizer: nats / (ln 2 * bytes)."""
    return F.col(nats) / (F.lit(math.log(2.0)) * F.col(n_bytes))


def lifted(signal_event: DataFrame) -> DataFrame:
    """Each event of training or scoring as the history of its one exposure. No shuffle."""
    trained, scored = F.col("phase") == "train", F.col("phase") == "score"
    bpb = F.when(scored, bits_per_byte("loss_sum", "n_bytes"))
    return signal_event.where(trained | scored).select(
        *TEXT,
        "bucket",
        "slice",
        trained.cast("int").alias("n_draws"),
        F.when(trained, F.col("loss_sum")).otherwise(0.0).alias("train_nats"),
        F.when(trained, F.col("n_bytes")).otherwise(0).cast("bigint").alias("train_bytes"),
        scored.cast("int").alias("n_scores"),
        F.when(scored, F.col("loss_sum")).otherwise(0.0).alias("score_nats"),
        F.when(scored, F.col("n_bytes")).otherwise(0).cast("bigint").alias("score_bytes"),
        bpb.alias("first_bpb"),
        bpb.alias("last_bpb"),
        F.col("round").alias("first_round"),
        F.col("round").alias("last_round"),
    )


def merged(histories: DataFrame) -> DataFrame:
    """One history a text from any number of parts that share no round; parts may be histories that were merged before.

    One shuffle of texts by id, sums first. The slice is the latest one. Values of one round are taken in their own order, so
    that a text scored twice in it has one answer too.
    """
    sums = ("n_draws", "train_nats", "train_bytes", "n_scores", "score_nats", "score_bytes")
    seen = F.col("first_bpb").isNotNull()
    return (
        histories.groupBy(*TEXT)
        .agg(
            F.max("bucket").alias("bucket"),
            F.max(F.struct("last_round", "slice")).alias("latest"),
            *(F.sum(name).alias(name) for name in sums),
            F.min(F.when(seen, F.struct("first_round", "first_bpb"))).alias("first"),
            F.max(F.when(seen, F.struct("last_round", "last_bpb"))).alias("last"),
            F.min("first_round").alias("first_round"),
            F.max("last_round").alias("last_round"),
        )
        .select(
            *TEXT,
            "bucket",
            "latest.slice",
            *sums,
            "first.first_bpb",
            "last.last_bpb",
            "first_round",
            "last_round",
        )
    )
