"""The history of a sample over rounds: sums, first values and last values. Histories can be merged in any order and grouping.

Where samples have labels, the history includes what training showed about the labels. Confidence and variability: Swayamdipta et
al. 2020, "Dataset Cartography" (arXiv 2009.10795). Area under the margin: Pleiss et al. 2020 (arXiv 2001.10528). Forgetting:
Toneva et al. 2019 (arXiv 1812.05159). EL2N: Paul et al. 2021 (arXiv 2107.07075).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import PHASE_SCORE, PHASE_TRAIN

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TEXT = ("doc_id", "content_hash")
"""The key of a history: a document, and the text (and label) that it had when it was measured."""

SUMS = (
    *("n_draws", "train_nats", "train_bytes", "n_scores", "score_nats", "score_bytes"),
    *("n_labelled", "n_correct", "p_sum", "p_square_sum", "margin_sum", "n_early", "el2n_sum", "n_above", "above_sum"),
)


def bits_per_byte(nats: str, n_bytes: str) -> Column:
    """Loss in bits per byte, which does not depend on the tokenizer: nats / (ln 2 * bytes)."""
    return F.col(nats) / (F.lit(math.log(2.0)) * F.col(n_bytes))


def start_histories(signal_event: DataFrame, early_steps: int) -> DataFrame:
    """One history for each event of training or scoring, as if it were the only one. No shuffle.

    Args:
        signal_event: events of any phase, with the column that ``subtract_trend`` adds; other phases are ignored.
        early_steps: EL2N takes exposures up to this optimizer step of a run.
    """
    finite = F.col("loss_sum").isNotNull()
    trained, scored = F.col("phase") == PHASE_TRAIN, (F.col("phase") == PHASE_SCORE) & finite
    measured = trained & finite
    labelled = trained & F.col("p_label").isNotNull()
    early = labelled & (F.col("step") <= early_steps)
    correct = F.when(labelled, F.col("prediction") == F.col("label"))
    bpb = F.when(scored, bits_per_byte("loss_sum", "n_bytes"))

    def sum_where(when: Column, value: Column) -> Column:
        return F.when(when, value).otherwise(0.0)

    return signal_event.where(trained | scored).select(
        *TEXT,
        "bucket",
        "slice",
        trained.cast("int").alias("n_draws"),
        sum_where(measured, F.col("loss_sum")).alias("train_nats"),
        F.when(measured, F.col("n_bytes")).otherwise(0).cast("bigint").alias("train_bytes"),
        scored.cast("int").alias("n_scores"),
        sum_where(scored, F.col("loss_sum")).alias("score_nats"),
        F.when(scored, F.col("n_bytes")).otherwise(0).cast("bigint").alias("score_bytes"),
        bpb.alias("first_bpb"),
        bpb.alias("last_bpb"),
        F.col("round").alias("first_round"),
        F.col("round").alias("last_round"),
        (F.shiftleft(F.col("epoch").cast("bigint"), 40) + F.col("pos")).alias("at"),
        labelled.cast("int").alias("n_labelled"),
        F.coalesce(correct.cast("int"), F.lit(0)).alias("n_correct"),
        F.lit(0).alias("n_forgotten"),
        correct.alias("first_correct"),
        correct.alias("last_correct"),
        sum_where(labelled, F.col("p_label")).alias("p_sum"),
        sum_where(labelled, F.col("p_label") * F.col("p_label")).alias("p_square_sum"),
        sum_where(labelled, F.col("margin")).alias("margin_sum"),
        early.cast("int").alias("n_early"),
        sum_where(early, F.col("el2n")).alias("el2n_sum"),
        F.col("above").isNotNull().cast("int").alias("n_above"),
        F.coalesce("above", F.lit(0.0)).alias("above_sum"),
    )


def merge_histories(histories: DataFrame) -> DataFrame:
    """One history for each sample, from any number of partial ones that share no round.

    Partial histories may themselves be merged ones. The slice is the latest one. Exposures within one round are ordered by their
    place in it, so that a text which is scored twice in a round has a definite first and last value. One shuffle of samples by id,
    after partial sums; samples with labels bring one small struct for each exposure.
    """
    seen = F.col("first_bpb").isNotNull()
    at = F.col("at") if "at" in histories.columns else F.lit(0).cast("bigint")
    exposure = F.struct("first_round", at.alias("at"), "n_forgotten", "first_correct", "last_correct")
    together = histories.groupBy(*TEXT).agg(
        F.max("bucket").alias("bucket"),
        F.max(F.struct("last_round", "slice")).alias("latest"),
        *(F.sum(name).alias(name) for name in SUMS),
        F.min(F.when(seen, F.struct("first_round", "first_bpb"))).alias("first"),
        F.max(F.when(seen, F.struct("last_round", "last_bpb"))).alias("last"),
        F.min("first_round").alias("first_round"),
        F.max("last_round").alias("last_round"),
        F.array_sort(F.collect_list(F.when(F.col("first_correct").isNotNull(), exposure))).alias("order"),
    )
    return together.select(
        *TEXT,
        "bucket",
        "latest.slice",
        *SUMS,
        "first.first_bpb",
        "last.last_bpb",
        "first_round",
        "last_round",
        _count_forgotten(F.col("order")).alias("n_forgotten"),
        F.get("order", F.lit(0))["first_correct"].alias("first_correct"),
        F.get("order", F.size("order") - 1)["last_correct"].alias("last_correct"),
    )


def add_figures(histories: DataFrame) -> DataFrame:
    """Histories with confidence, variability, AUM, EL2N and the mean above the trend. No shuffle.

    A figure is null where the sample was not trained on, or has no label.
    """
    n = F.nullif(F.col("n_labelled"), F.lit(0))
    mean = F.col("p_sum") / n
    above = F.col("above_sum") / F.nullif(F.col("n_above"), F.lit(0))
    return histories.withColumns(
        {
            "above_trend": above,
            "confidence": mean,
            "variability": F.sqrt(F.greatest(F.col("p_square_sum") / n - mean * mean, F.lit(0.0))),
            "aum": F.col("margin_sum") / n,
            "el2n": F.col("el2n_sum") / F.nullif(F.col("n_early"), F.lit(0)),
        }
    )


def _count_forgotten(order: Column) -> Column:
    """How often the prediction went from right to wrong: within the parts of an ordered history, and from each part to the next."""
    start = F.struct(F.lit(0).alias("falls"), F.lit(False).alias("right"))

    def add_part(so_far: Column, part: Column) -> Column:
        fell = (so_far["right"] & ~part["first_correct"]).cast("int")
        return F.struct(
            (so_far["falls"] + part["n_forgotten"].cast("int") + fell).alias("falls"), part["last_correct"].alias("right")
        )

    return F.aggregate(order, start, add_part, lambda so_far: so_far["falls"])
