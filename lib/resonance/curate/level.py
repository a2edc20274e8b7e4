"""The control arm's draw, made as long as the plan's: arms that train on unequal text cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns
from resonance.core.frames import rank_rows
from resonance.core.order import BAND_BITS
from resonance.core.turns import PHASE_APPRAISE, PHASE_TRAIN, PLAN

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.core.job import Turn

TRIES = 3
"""Draws that are made before one is taken as it is."""
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
    """Rows of a draw with as many estimated tokens as ``plan``, to within one document, where the draw can be made as long.

    A slice to which both arms give the same weight gets as many in both: else chance would give one arm more of a slice of few long
    documents. What is too much is left out by a hash of document and copy, and ``pi`` falls by that part. A document is estimated
    to have those for each byte that its last events had, one without events those of its slice. Three draws at most; of each the
    driver sees one number a slice. Shuffles losses by id, and ids by slice and band of their hash.

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
    kept = _keep_first(rows.withColumn("whole", F.lit("")), targets, "slice", seed, spare=1.0)  # never short
    kept = _keep_first(kept, {"": sum(planned.values())}, "whole", seed, spare=0.5)
    parts = [(name, min(targets[name] / found[name], 1.0)) for name in targets if found.get(name)]
    scaled = kept.join(F.broadcast(kept.sparkSession.createDataFrame(parts, "slice string, part double")), "slice")
    renumbered = scaled.withColumns({"pi": F.col("pi") * F.col("part"), "copy": (rank_rows(["doc_id"], ["copy"]) - 1).cast("int")})
    return renumbered.drop("n_tok", "whole", "part")


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
    sizes = (F.sum("n_tok").alias("tok"), F.sum("n_bytes").alias("read"))
    events = signal_event.where((before | read) & (F.col("n_bytes") > 0))
    own = events.groupBy("doc_id", "slice").agg(*sizes)
    alike = own.groupBy("slice").agg(F.sum("tok").alias("slice_tok"), F.sum("read").alias("slice_read"))
    mine = own.select("doc_id", "tok", "read")
    rate = F.coalesce(F.col("tok") / F.col("read"), F.col("slice_tok") / F.col("slice_read"), F.lit(tokens_per_byte))
    tokens: Column = F.round(F.col("n_bytes") * rate).cast("bigint")

    def measure(rows: DataFrame) -> DataFrame:
        known = rows.join(mine, "doc_id", "left").join(F.broadcast(alike), "slice", "left")
        return known.select(*rows.columns, tokens.alias("n_tok"))

    return measure


def _sum_tokens(rows: DataFrame) -> dict[str, int]:
    """Tokens of each slice."""
    sums = rows.groupBy("slice").agg(F.sum("n_tok").alias("tokens")).collect()
    return {row["slice"]: int(row["tokens"] or 0) for row in sums}


def _keep_first(rows: DataFrame, targets: Mapping[str, float], within: str, seed: int, *, spare: float) -> DataFrame:
    """The rows of each group that come first by a hash, until they have its tokens; this part of the last may be to spare."""
    hashed = rows.withColumn("ord", hash_columns(["doc_id", "copy"], seed, "level"))
    banded = hashed.withColumn("band", F.shiftright("ord", 64 - BAND_BITS))
    lower = Window.partitionBy(within).orderBy("band").rowsBetween(Window.unboundedPreceding, -1)
    order = Window.partitionBy(within, "band").orderBy("ord", "doc_id", "copy")
    up_to = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sums = banded.groupBy(within, "band").agg(F.sum("n_tok").alias("band_tok"))
    starts = sums.select(within, "band", F.coalesce(F.sum("band_tok").over(lower), F.lit(0)).alias("start"))
    sizes = [(name, float(size)) for name, size in targets.items()]
    wanted = rows.sparkSession.createDataFrame(sizes, f"{within} string, target double")
    ended = banded.withColumn("ended", F.sum("n_tok").over(up_to)).join(F.broadcast(starts), [within, "band"])
    needed = F.col("start") + F.col("ended") - F.col("n_tok") * F.lit(spare)
    kept = ended.join(F.broadcast(wanted), within).where(needed <= F.col("target"))
    return kept.select(*rows.columns)
