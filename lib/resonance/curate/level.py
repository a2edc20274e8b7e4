"""The control arm's draw, made as long as the plan's: arms that train on unequal text cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns
from resonance.core.frames import make_frame, rank_rows
from resonance.core.order import BAND_BITS
from resonance.core.turns import PHASE_APPRAISE, PHASE_TRAIN, PLAN

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.core.job import Turn

TRIES = 3
"""Draws that are made before one is taken as it is."""
LEAST = 1e-6
"""Of the expected copies of what is kept, a part that stays above zero."""
SPARE = 1.1
"""A longer draw is asked for by this much more than it needs, so that it is seldom short again."""


def level_draw(
    draw: Callable[[float], DataFrame],
    plan: DataFrame,
    ratios: Mapping[str, float],
    signal_event: DataFrame,
    *,
    turn: Turn,
    tokens_per_byte: float,
    seed: int,
) -> DataFrame:
    """Rows of a draw with as many estimated tokens as ``plan``, to within a few documents, where the draw can be made as long.

    A slice to which both arms give the same weight gets as many in both: else chance would give one arm more of a slice of few long
    documents. What is too much is left out by a hash of document and copy, and ``pi`` falls by that part. A document is estimated
    to have the tokens for each byte that its last events had; what they did not read lies halfway to those of its slice, which a
    document without events has. Three draws at most; of each the driver sees one number a slice. Shuffles losses by id, and ids by
    slice and band of their hash.

    Args:
        draw: the rows at a multiple of the rates of the arm: ``doc_id``, ``slice``, ``copy``, ``n_bytes`` and ``pi``.
        plan: the rows of the plan arm; where there are none, the draw stays as it is.
        ratios: the weight of each slice of the arm over its weight in the plan, where the plan gives it any.
        signal_event: the table.
        turn: the round that is drawn.
        tokens_per_byte: where nothing is known.
        seed: of the hash.
    """
    measure = _make_measure(signal_event, turn, tokens_per_byte)
    planned, rows = _sum_tokens(measure(plan)), measure(draw(1.0))
    if not planned:
        return rows.drop("n_tok")
    found, more = _sum_tokens(rows), 1.0
    targets = find_targets(planned, found, ratios)
    for _ in range(TRIES - 1):
        short = max((targets[name] / found[name] for name in targets if found.get(name)), default=1.0)
        if short <= 1:
            break
        more *= SPARE * short
        rows = measure(draw(more))
        found = _sum_tokens(rows)
    kept = _keep_first(rows, targets, seed)
    for _ in range(TRIES - 1):  # what slices of long documents have too much or too little is made up for where documents are many
        targets = make_up(targets, _count_rows(kept), sum(planned.values()) - sum(_sum_tokens(kept).values()))
        kept = _keep_first(rows, targets, seed)
    parts = [(name, max(min(targets[name] / found[name], 1.0), LEAST)) for name in targets if found.get(name)]
    scaled = kept.join(F.broadcast(make_frame(kept.sparkSession, parts, "slice string, part double")), "slice")
    renumbered = scaled.withColumns({"pi": F.col("pi") * F.col("part"), "copy": (rank_rows(["doc_id"], ["copy"]) - 1).cast("int")})
    return renumbered.drop("n_tok", "part")


def make_up(targets: Mapping[str, float], rows: Mapping[str, int], lacking: float) -> dict[str, float]:
    """The targets of slices with what is lacking in all, or too much, shared out by their rows; none falls below zero."""
    whole = max(sum(rows.values()), 1)
    return {name: max(size + lacking * rows.get(name, 0) / whole, 0.0) for name, size in targets.items()}


def find_targets(planned: Mapping[str, int], found: Mapping[str, int], ratios: Mapping[str, float]) -> dict[str, float]:
    """Tokens that each slice of a draw is to have: those of the plan at the ratio of weights, and all together as many as the plan.

    Args:
        planned: tokens of each slice in the plan.
        found: those in the draw as it comes, which stand for a slice that the plan has nothing of.
        ratios: the weight of each slice over its weight in the plan.
    """
    wanted = {name: planned[name] * ratios[name] if planned.get(name) and name in ratios else found[name] for name in found}
    total = sum(wanted.values())
    return {name: size * sum(planned.values()) / total for name, size in wanted.items()} if total else {}


def _make_measure(signal_event: DataFrame, turn: Turn, tokens_per_byte: float) -> Callable[[DataFrame], DataFrame]:
    """What adds ``n_tok`` to rows: whole numbers, whose sum depends on no order."""
    before = (F.col("round") == turn.round - 1) & (F.col("arm") == PLAN) & (F.col("phase") == PHASE_TRAIN)
    read = (F.col("round") == turn.round) & (F.col("phase") == PHASE_APPRAISE)
    events = signal_event.where((before | read) & (F.col("n_bytes") > 0))
    own = events.groupBy("doc_id").agg(F.sum("n_tok").alias("tok"), F.sum("n_bytes").alias("read"))
    whole = F.col("phase") == PHASE_TRAIN
    alike = events.groupBy("slice").agg(
        *(F.sum(name).alias(f"{name}_all") for name in ("n_tok", "n_bytes")),
        *(F.sum(F.when(whole, F.col(name))).alias(f"{name}_whole") for name in ("n_tok", "n_bytes")),
    )
    of_slice = (F.col(f"n_tok_{part}") / F.col(f"n_bytes_{part}") for part in ("whole", "all"))
    usual = F.coalesce(*of_slice, F.lit(tokens_per_byte))
    seen, rate = F.least(F.col("read") / F.col("n_bytes"), F.lit(1.0)), F.col("tok") / F.col("read")
    guess = F.coalesce(seen * rate + (1 - seen) * (rate + usual) / 2, usual)
    tokens: Column = F.round(F.col("n_bytes") * guess).cast("bigint")

    def measure(rows: DataFrame) -> DataFrame:
        known = rows.join(own, "doc_id", "left").join(F.broadcast(alike), "slice", "left")
        return known.select(*rows.columns, tokens.alias("n_tok"))

    return measure


def _sum_tokens(rows: DataFrame) -> dict[str, int]:
    """Tokens of each slice."""
    sums = rows.groupBy("slice").agg(F.sum("n_tok").alias("tokens")).collect()
    return {row["slice"]: int(row["tokens"] or 0) for row in sums}


def _count_rows(rows: DataFrame) -> dict[str, int]:
    return {row["slice"]: row["count"] for row in rows.groupBy("slice").count().collect()}


def _keep_first(rows: DataFrame, targets: Mapping[str, float], seed: int) -> DataFrame:
    """The rows of each slice that come first by a hash, until they have its tokens: of the last one more than half."""
    hashed = rows.withColumn("ord", hash_columns(["doc_id", "copy"], seed, "level"))
    banded = hashed.withColumn("band", F.shiftright("ord", 64 - BAND_BITS))
    lower = Window.partitionBy("slice").orderBy("band").rowsBetween(Window.unboundedPreceding, -1)
    order = Window.partitionBy("slice", "band").orderBy("ord", "doc_id", "copy")
    up_to = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sums = banded.groupBy("slice", "band").agg(F.sum("n_tok").alias("band_tok"))
    starts = sums.select("slice", "band", F.coalesce(F.sum("band_tok").over(lower), F.lit(0)).alias("start"))
    wanted = make_frame(rows.sparkSession, list(targets.items()), "slice string, target double")
    ended = banded.withColumn("ended", F.sum("n_tok").over(up_to)).join(F.broadcast(starts), ["slice", "band"])
    needed = F.col("start") + F.col("ended") - F.col("n_tok") / 2
    return ended.join(F.broadcast(wanted), "slice").where(needed <= F.col("target")).select(*rows.columns)
