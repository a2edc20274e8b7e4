"""The job that says which documents a round draws less than their slice, and why."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.control.safeguard import find_harm, read_effects
from resonance.control.weightings import SAMPLE_KINDS
from resonance.control.weightings.known import Samples
from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.settings import DecideSettings


def weigh_samples(
    appraisals: DataFrame,
    repairs: DataFrame,
    excess_loss: DataFrame,
    evaluations: DataFrame,
    sample_weights: DataFrame,
    examples: DataFrame,
    *,
    settings: DecideSettings,
    turn: Turn,
) -> DataFrame:
    """Rows of ``sample_weights`` for ``turn.round``: a document without one has the full rate of its slice.

    What is known of an example counts for the document that it was made of, under whose ``content_hash`` it is drawn. That joins
    ids with those of examples, where there are any.

    There are none where the last plan did harm and the round that ``decide`` goes back to weighed no samples. What is shuffled is
    said by the kind of weighting.

    Raises:
        ResonanceError: the weighting reads what was not computed.
    """
    weighting = settings.weighting
    samples = Samples(
        appraisals=appraisals.where(F.col("round") == turn.round),
        repairs=repairs.where(F.col("round") == turn.round),
        excess_loss=excess_loss.where(F.col("round") == turn.round - 1),
    )
    for column in weighting.parameters.READS_SAMPLES:
        table, _, name = column.partition(".")
        if table == "excess_loss" and samples.excess_loss.where(F.col(name).isNotNull()).limit(1).count() == 0:
            jobs = "cross_fit, tune (with tune.slices) and compare" if name == "target_gain" else "cross_fit and compare"
            raise ResonanceError(
                f"weigh_samples: weighting {weighting.title} reads {column}, of which round {turn.round - 1} has none; "
                f"jobs {jobs} compute it: `resonance run` with this weighting runs them"
            )
    weigh = SAMPLE_KINDS.get(type(weighting.parameters))
    if weigh is None:
        raise ResonanceError(
            f"weigh_samples: weighting {weighting.title} draws all documents of a slice alike; there is nothing to do"
        )
    rows = weigh(samples, weighting.parameters).withColumn("round", F.lit(turn.round))
    harm = find_harm(read_effects(evaluations, turn.round), turn.round - 1) if turn.round > 1 else None
    if harm is not None and sample_weights.where(F.col("round") == harm.haven).limit(1).count() == 0:
        rows = rows.where(F.lit(False))
    if "taught" not in rows.columns:
        rows = rows.withColumn("taught", F.lit(None).cast("string"))
    of_text = examples.select("doc_id", "content_hash", "text_hash").distinct()
    named = rows.join(of_text, ["doc_id", "content_hash"], "left")
    named = named.withColumn("content_hash", F.coalesce("text_hash", "content_hash"))
    return named.select("round", "doc_id", "content_hash", "bucket", "slice", "factor", "reason", "taught")
