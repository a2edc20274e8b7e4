"""The draw: what one arm of one round trains on, as ids and weights."""

from __future__ import annotations

import math

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.frames import make_frame
from resonance.core.job import Turn
from resonance.core.ledger import keep_drawable
from resonance.core.order import place_rows
from resonance.core.settings import AppraiseSettings, RebalanceSettings
from resonance.core.turns import CANDIDATES, CONTROL, PLAN
from resonance.curate.draw import draw, draw_fixed
from resonance.curate.level import level_draw

PARTS = 65536.0
"""Parts of a byte in which what counts is summed, up to 140 TB a slice: of whole numbers every order gives one sum."""


def rebalance(
    documents: DataFrame,
    rejects: DataFrame,
    sample_plan: DataFrame,
    plans: DataFrame,
    sample_weights: DataFrame,
    signal_event: DataFrame,
    *,
    settings: RebalanceSettings,
    appraising: AppraiseSettings,
    turn: Turn,
    seed: int,
) -> DataFrame:
    """Rows of ``sample_plan`` for ``turn``: arm ``plan`` follows the weights of its round, arm ``control`` those of round 1.

    A document of slice d is expected ``weight_d * tokens * bytes_per_token / bytes_d`` times over all epochs, so that d gets its
    share of the budget in bytes; ``pi`` is what falls to each epoch. In arm ``plan`` a document with a factor in
    ``sample_weights`` counts with that part of its bytes and is drawn at that part of the rate, and no document is drawn more than
    the repeat limit leaves. Arm ``candidates`` takes every document that the plan would draw at ``reach`` times its rate, once;
    where there are candidates, the plan draws among them, and what they count for stands for their slice. Where they do not count
    for enough, it goes on to documents that were not read, at full rate. The control arm is drawn as long as the plan was, as
    ``level_draw`` says.

    The driver sees a few numbers a slice. Shuffles ids: once all of them, to count bytes without what was cut or held out, then
    only drawn rows, as drawing first and leaving those out afterwards comes to the same. Slices of the plan that have no document
    are passed over.

    Raises:
        ResonanceError: the round has no plan, or its plan draws nothing.
    """
    ids = documents.select("doc_id", "batch", "bucket", "content_hash", "slice", "n_bytes")
    mine = (F.col("round") == turn.round) & F.lit(turn.arm == PLAN)
    weighed = _add_factors(ids, sample_weights.where(mine), sample_plan.where(mine & (F.col("arm") == CANDIDATES)))
    weights = _read_weights(plans, 1 if turn.arm == CONTROL else turn.round)
    held = keep_drawable(weighed, rejects, sample_plan).groupBy("slice").agg(*_sum_sizes()).collect()
    budget, epochs = settings.tokens * settings.bytes_per_token / settings.epochs, settings.epochs
    known = (row for row in held if row["slice"] in weights)
    found = ((row["slice"], *_find_rate(row, weights[row["slice"]], budget, appraising.reach * epochs)) for row in known)
    rates = [(name, rate, most) for name, rate, most in found if rate > 0]
    rated = weighed.join(F.broadcast(make_frame(ids.sparkSession, rates, "slice string, rate double, most double")), "slice")
    if turn.arm == CANDIDATES:
        rated, epochs = rated.withColumn("rate", F.least(F.col("rate") * (epochs * appraising.reach), F.lit(1.0))), 1

    def draw_more(more: float) -> DataFrame:
        """The draw at a multiple of the rates, within the repeat limit."""
        rate = F.col("rate") if more == 1 else F.least(F.col("rate") * F.lit(more), F.col("most"))
        chances = rated.withColumn("pi", rate * F.col("factor")).drop("rate", "most", "factor", "read")
        if settings.sampler == "fixed":
            return draw_fixed(keep_drawable(chances, rejects, sample_plan), seed=seed, round=turn.round)
        return keep_drawable(draw(chances, seed=seed, round=turn.round), rejects, sample_plan)

    drawn = draw_more(1.0)
    if turn.arm == CONTROL:
        plan = sample_plan.where((F.col("round") == turn.round) & (F.col("arm") == PLAN) & (F.col("epoch") == 0))
        rival = {row["slice"]: row["weight"] for row in plans.where(F.col("round") == turn.round).collect()}
        ratios = {name: weights[name]["weight"] / rival[name] for name in weights if rival.get(name)}
        by_default = 1 / settings.bytes_per_token
        drawn = level_draw(draw_more, plan, ratios, signal_event, turn=turn, tokens_per_byte=by_default, seed=seed)
    named = place_rows(drawn, seed=seed, epochs=epochs).select("*", F.lit(turn.round).alias("round"), F.lit(turn.arm).alias("arm"))
    return named.withColumn("weight", F.lit(1.0))


def _add_factors(ids: DataFrame, sample_weights: DataFrame, candidates: DataFrame) -> DataFrame:
    """Adds to each document its ``factor``, and whether it was ``read`` as a candidate."""
    key = ["doc_id", "content_hash"]
    given = sample_weights.select(*key, F.col("factor").alias("given"))
    found = candidates.select(*key, F.lit(True).alias("found"))
    joined = ids.join(given, key, "left").join(found, key, "left")
    return joined.select(*ids.columns, F.coalesce("given", F.lit(1.0)).alias("factor"), F.col("found").isNotNull().alias("read"))


def _sum_sizes() -> tuple[Column, ...]:
    """Bytes of all documents and of those that were read, each as they are and as they count."""
    size, read = F.col("n_bytes"), F.when(F.col("read"), F.col("n_bytes")).otherwise(0)
    whole = {"bytes": size, "read_bytes": read}
    counted = {"counted": size * F.col("factor"), "read_counted": read * F.col("factor")}
    return (
        *(F.sum(value).alias(name) for name, value in whole.items()),
        *((F.sum(F.floor(value * F.lit(PARTS)).cast("bigint")) / F.lit(PARTS)).alias(name) for name, value in counted.items()),
    )


def _find_rate(held: Row, plan: Row, budget: float, reach: float) -> tuple[float, float]:
    """Expected copies of a document with factor 1 among those that count, and what the repeat limit leaves to each.

    Candidates are the documents whose numbers lie below ``read_to``. A rate beyond it takes others too, each in full, so that it
    need rise by no more than what candidates lack.
    """
    need, size = plan["weight"] * budget, held["bytes"]
    most = max(plan["limit_share"], plan["weight"]) * budget / size
    if not held["read_bytes"]:
        rate = need / held["counted"] if held["counted"] > 0 else 0.0
        return float(min(rate, most)), float(most)
    counts = held["read_counted"] / held["read_bytes"]
    read_to = min(need / size * reach, 1.0)
    rate = need / size / counts if counts > 0 else math.inf
    if rate > read_to:
        rate = read_to + need / size - read_to * counts
    if rate > 1:
        left = size - held["read_bytes"] + held["read_counted"]
        rate = need / left if left > 0 else 0.0
    return float(min(rate, most)), float(most)


def _read_weights(plans: DataFrame, round: int) -> dict[str, Row]:
    rows = plans.where(F.col("round") == round).select("slice", "weight", "limit_share").collect()
    if not rows:
        raise ResonanceError(f"rebalance: table plans has no round {round}; run decide first")
    weights = {row["slice"]: row for row in rows if row["weight"] > 0}
    if not weights:
        raise ResonanceError(
            f"rebalance: the plan of round {round} draws nothing, every document had its share of draws; "
            "add documents, or raise decide.max_exposures"
        )
    return weights
