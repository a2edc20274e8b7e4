"""The job that looks at samples before a draw: texts without order, texts that are many alike, labels that models doubt."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.effect import SUSPECTED
from resonance.core.frames import look_up
from resonance.core.job import Checkpoint, Turn
from resonance.core.settings import ScoreModelSettings
from resonance.core.turns import CANDIDATES, HELDOUT
from resonance.core.versions import VERSION_KEY
from resonance.states.alike import count_alike
from resonance.states.history import TEXT
from resonance.states.labels import rate_candidates
from resonance.states.order import find_taught, measure_order, rate_order

ORDER, LABEL = "order", "label"
"""The faults that are looked for."""
MOST_CHARACTERS = 2_000
"""First characters of a text that are compared with other texts."""
FOUND = ("round", *TEXT, "bucket", "slice", "fault", "posterior", "bpb", "order_gain", "label", "suggested", "p_suggested")
"""Columns of what is suspected."""
JUDGED = (*TEXT, "bucket", "slice", "label", "suggested", "p_suggested", "quality", "issue")
"""What is known of a label that was judged."""


def suspect(
    signal_event: DataFrame,
    label_quality: DataFrame,
    sample_plan: DataFrame,
    documents: DataFrame,
    *,
    scoring: ScoreModelSettings,
    turn: Turn,
    checkpoint: Checkpoint,
) -> tuple[DataFrame, DataFrame]:
    """Rows of ``appraisals`` and of ``repairs`` for the draw of ``turn.round``.

    Texts, held-out ones among them, are judged by what was appraised in the round and by all others that were; labels by the last
    models that never saw the sample: reference models of earlier rounds, or the plan arm's model where it was never drawn. Shuffles
    ids and losses by id, partial counts, and of the beginnings of these texts what ``count_alike`` does.
    """
    candidates = (F.col("round") == turn.round) & (F.col("arm") == CANDIDATES)
    heldout = (F.col("arm") == HELDOUT) & (F.col("pos") < scoring.max_heldout_documents) & F.lit(turn.round > 1)
    chosen = sample_plan.where(candidates | heldout).select(*VERSION_KEY, "content_hash")
    texts = look_up(documents.select(*VERSION_KEY, "content_hash", "text"), chosen, [*VERSION_KEY, "content_hash"])
    alike = count_alike(texts.withColumn("text", F.substring("text", 1, MOST_CHARACTERS)))
    measured = measure_order(signal_event, turn)
    rated = rate_order(measured, find_taught(signal_event, turn)).join(alike, list(TEXT), "left")
    appraised = checkpoint(rated.withColumn("alike", F.coalesce("alike", F.lit(1.0))), "appraised")
    unlabelled = {name: F.lit(None).cast("string") for name in ("label", "suggested")}
    faulty = appraised.withColumns({"fault": F.lit(ORDER), "p_suggested": F.lit(None).cast("double"), **unlabelled})
    both = faulty.select(*FOUND).unionByName(_find_doubted(signal_event, label_quality, turn).select(*FOUND))
    return appraised, both.where(F.col("posterior") > SUSPECTED)


def _find_doubted(signal_event: DataFrame, label_quality: DataFrame, turn: Turn) -> DataFrame:
    past = label_quality.where(F.col("round") < turn.round)
    newest = past.groupBy(*TEXT).agg(F.max("round").alias("round"))
    unseen = rate_candidates(signal_event, turn=turn).join(newest, list(TEXT), "left_anti")
    judged = past.join(newest, [*TEXT, "round"]).select(*JUDGED).unionByName(unseen.select(*JUDGED))
    unread = {name: F.lit(None).cast("double") for name in ("bpb", "order_gain")}
    marks = {"round": F.lit(turn.round), "fault": F.lit(LABEL), "posterior": 1 - F.col("quality")}
    return judged.where("issue").withColumns({**marks, **unread})
