"""The history of a sample over rounds: sums, and first and last values, that merge in any grouping.

Where samples have labels, the history carries what training showed of them. Confidence and variability: Swayamdipta et al. 2020,
"Dataset Cartography" (arXiv 2009.10795). Area under the margin: Pleiss et al. 2020 (arXiv 2001.10528). Forgetting: Toneva et al.
2019 (arXiv 1812.05159). EL2N: Paul et al. 2021 (arXiv 2107.07075).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import PHASE_SCORE, PHASE_TRAIN

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TEXT = ("doc_id", "content_hash")
"""What was measured belongs to a document and the text (and label) that it had then."""

SUMS = (
    *("n_draws", "train_nats", "train_bytes", "n_scores", "score_nats", "score_bytes"),
    *("n_labelled", "n_correct", "p_sum", "p_square_sum", "margin_sum", "n_early", "el2n_sum", "n_above", "above_sum"),
)


def bits_per_byte(nats: str, n_bytes: str) -> Column:
    """Loss in the one unit that does not depend on the tokenizer: nats / (ln 2 * bytes)."""
    return F.col(nats) / (F.lit(math.log(2.0)) * F.col(n_bytes))


def lifted(signal_event: DataFrame, early_steps: int) -> DataFrame:
    """Each event of training or scoring as the history of its one exposure. No shuffle.

    Args:
        signal_event: events of any phase as ``against_trend`` gives them; others than those two are passed over.
        early_steps: exposures up to this optimizer step of a run count for EL2N.
    """
    finite = F.col("loss_sum").isNotNull()
    trained, scored = F.col("phase") == PHASE_TRAIN, (F.col("phase") == PHASE_SCORE) & finite
    measured = trained & finite
    labelled = trained & F.col("p_label").isNotNull()
    early = labelled & (F.col("step") <= early_steps)
    correct = F.when(labelled, F.col("prediction") == F.col("label"))
    bpb = F.when(scored, bits_per_byte("loss_sum", "n_bytes"))

    def summed(when: Column, value: Column) -> Column:
        return F.when(when, value).otherwise(0.0)

    return signal_event.where(trained | scored).select(
        *TEXT,
        "bucket",
        "slice",
        trained.cast("int").alias("n_draws"),
        summed(measured, F.col("loss_sum")).alias("train_nats"),
        F.when(measured, F.col("n_bytes")).otherwise(0).cast("bigint").alias("train_bytes"),
        scored.cast("int").alias("n_scores"),
        summed(scored, F.col("loss_sum")).alias("score_nats"),
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
        summed(labelled, F.col("p_label")).alias("p_sum"),
        summed(labelled, F.col("p_label") * F.col("p_label")).alias("p_square_sum"),
        summed(labelled, F.col("margin")).alias("margin_sum"),
        early.cast("int").alias("n_early"),
        summed(early, F.col("el2n")).alias("el2n_sum"),
        F.col("above").isNotNull().cast("int").alias("n_above"),
        F.coalesce("above", F.lit(0.0)).alias("above_sum"),
    )


def merged(histories: DataFrame) -> DataFrame:
    """One history a sample from any number of parts that share no round; parts may be histories that were merged before.

    One shuffle of samples by id, sums first; of samples with labels, one small struct for each exposure besides. The slice is the
    latest one. Values of one round are taken in their own order, so that a text scored twice in it has one answer too.
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
        _forgotten(F.col("order")).alias("n_forgotten"),
        F.get("order", F.lit(0))["first_correct"].alias("first_correct"),
        F.get("order", F.size("order") - 1)["last_correct"].alias("last_correct"),
    )


def told(histories: DataFrame) -> DataFrame:
    """Histories with the figures that people ask for; null where a sample was not trained on, or has no label. No shuffle."""
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


def _forgotten(order: Column) -> Column:
    """Falls from right to wrong: within the parts of an ordered history, and from each part to the next."""
    nothing = F.struct(F.lit(0).alias("falls"), F.lit(False).alias("right"))

    def on(so_far: Column, part: Column) -> Column:
        fell = (so_far["right"] & ~part["first_correct"]).cast("int")
        return F.struct(
            (so_far["falls"] + part["n_forgotten"].cast("int") + fell).alias("falls"), part["last_correct"].alias("right")
        )

    return F.aggregate(order, nothing, on, lambda so_far: so_far["falls"])
