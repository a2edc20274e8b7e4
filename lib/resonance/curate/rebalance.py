"""The draw: what one arm of one round trains on, as ids and weights."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.ledger import keep_drawable
from resonance.core.order import place_rows
from resonance.core.settings import RebalanceSettings
from resonance.core.turns import CONTROL
from resonance.curate.draw import draw, draw_fixed


def rebalance(
    documents: DataFrame,
    rejects: DataFrame,
    sample_plan: DataFrame,
    plans: DataFrame,
    *,
    settings: RebalanceSettings,
    turn: Turn,
    seed: int,
) -> DataFrame:
    """Rows of ``sample_plan`` for ``turn``: arm ``plan`` follows the weights of its round, arm ``control`` those of round 1.

    A document of slice d is expected ``weight_d * tokens * bytes_per_token / bytes_d`` times over all epochs, so that d gets its
    share of the budget in bytes; ``pi`` is what falls to each epoch. The driver sees one number a slice. Shuffles ids: once all of
    them, to count bytes without what was cut or held out, then only drawn rows, as drawing first and leaving those out afterwards
    comes to the same. Slices of the plan that have no document are passed over.

    Raises:
        ResonanceError: the round has no plan, or its plan draws nothing.
    """
    ids = documents.select("doc_id", "batch", "bucket", "content_hash", "slice", "n_bytes")
    weights = _weights(plans, 1 if turn.arm == CONTROL else turn.round)
    held = keep_drawable(ids, rejects, sample_plan).groupBy("slice").agg(F.sum("n_bytes").alias("bytes")).collect()
    budget = settings.tokens * settings.bytes_per_token / settings.epochs
    rates = [(row["slice"], weights[row["slice"]] * budget / row["bytes"]) for row in held if row["slice"] in weights]
    rated = ids.join(F.broadcast(ids.sparkSession.createDataFrame(rates, "slice string, pi double")), "slice")
    if settings.sampler == "fixed":
        drawn = draw_fixed(keep_drawable(rated, rejects, sample_plan), seed=seed, round=turn.round)
    else:
        drawn = keep_drawable(draw(rated, seed=seed, round=turn.round), rejects, sample_plan)
    named = place_rows(drawn, seed=seed, epochs=settings.epochs).select(
        "*", F.lit(turn.round).alias("round"), F.lit(turn.arm).alias("arm")
    )
    return named.withColumn("weight", F.lit(1.0))


def _weights(plans: DataFrame, round: int) -> dict[str, float]:
    rows = plans.where(F.col("round") == round).select("slice", "weight").collect()
    if not rows:
        raise ResonanceError(f"rebalance: table plans has no round {round}; run decide first")
    weights = {row["slice"]: row["weight"] for row in rows if row["weight"] > 0}
    if not weights:
        raise ResonanceError(
            f"rebalance: the plan of round {round} draws nothing, every document had its share of draws; "
            "add documents, or raise decide.max_exposures"
        )
    return weights
