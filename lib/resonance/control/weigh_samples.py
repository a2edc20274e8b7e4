"""The job that says which documents a round draws less than their slice, and why."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.control.safeguard import find_harm, read_effects
from resonance.control.weightings import SAMPLE_KINDS
from resonance.control.weightings.known import Samples
from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.ledger import drop_cut
from resonance.core.settings import DecideSettings
from resonance.core.weighting import ByScore, Weighting


def weigh_samples(
    documents: DataFrame,
    rejects: DataFrame,
    signals: Mapping[str, DataFrame],
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

    A weighting that reads a signal weighs the documents that no step cut, in their newest version. That joins ids.

    What is known of an example counts for the document that it was made of, under whose ``content_hash`` it is drawn. That joins
    ids with those of examples, where there are any.

    There are none where the last plan did harm and the round that ``decide`` goes back to weighed no samples; or weighed them by a
    signal in round 1, as no control arm was there to tell whether that did harm. What else is shuffled is said by the kind of
    weighting.

    Raises:
        ResonanceError: the weighting reads what was not computed.
    """
    weighting = settings.weighting
    samples = Samples(
        appraisals=appraisals.where(F.col("round") == turn.round),
        repairs=repairs.where(F.col("round") == turn.round),
        excess_loss=excess_loss.where(F.col("round") == turn.round - 1),
        scores=_read_scores(documents, rejects, signals, weighting),
    )
    for column in weighting.parameters.reads_samples:
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
    if harm is not None and (
        (weighting.reads_signals and harm.haven == 1) or sample_weights.where(F.col("round") == harm.haven).limit(1).count() == 0
    ):
        rows = rows.where(F.lit(False))
    if "taught" not in rows.columns:
        rows = rows.withColumn("taught", F.lit(None).cast("string"))
    of_text = examples.select("doc_id", "content_hash", "text_hash").distinct()
    named = rows.join(of_text, ["doc_id", "content_hash"], "left")
    named = named.withColumn("content_hash", F.coalesce("text_hash", "content_hash"))
    return named.select("round", "doc_id", "content_hash", "bucket", "slice", "factor", "reason", "taught")


def _read_scores(documents: DataFrame, rejects: DataFrame, signals: Mapping[str, DataFrame], weighting: Weighting) -> DataFrame:
    """Documents that may be drawn with the ``value`` of the signal that the weighting reads, null where it is not known.

    No row where it reads none.

    Raises:
        ResonanceError: of a batch no document has a value.
    """
    columns, parameters = ("doc_id", "content_hash", "bucket", "slice"), weighting.parameters
    if not isinstance(parameters, ByScore):
        return documents.select(*columns, F.lit(None).cast("double").alias("value")).where("false")
    name, _, signal = parameters.signal.partition(".")
    number = F.nanvl(F.col(signal).cast("double"), F.lit(None).cast("double"))
    value, key = F.col(signal) if parameters.rates else number, ["doc_id", "batch", "cleaned_hash"]
    measured = signals[name].select("doc_id", "batch", F.col("content_hash").alias("cleaned_hash"), value.alias("value"))
    kept = drop_cut(documents.select(*key, "content_hash", "bucket", "slice"), rejects).join(measured, key, "left")
    unknown = kept.groupBy("batch").agg(F.count("value").alias("known")).where("known = 0").orderBy("batch").collect()
    if unknown:
        raise ResonanceError(
            f"weigh_samples: weighting {weighting.title} reads {parameters.signal}, which no document of batch "
            f"{', '.join(row['batch'] for row in unknown)} has; job clean measures it: curate the batch again with this weighting"
        )
    return kept.select(*columns, "value")
