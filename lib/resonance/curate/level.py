"""The control arm's draw, made as long as the plan's: arms that train on unequal text cannot be compared."""

from __future__ import annotations

from collections.abc import Callable
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
    signal_event: DataFrame,
    *,
    turn: Turn,
    tokens_per_byte: float,
    seed: int,
) -> DataFrame:
    """Rows of a draw with as many estimated tokens as ``plan``, to within one document, where the draw can be made as long.

    What is too much is left out by a hash of document and copy, so that every slice loses the same part of itself; ``pi`` falls by
    that part. A document is estimated to have those for each byte that its last events had, one without events those of its
    slice. Three draws at most; of each the driver sees one number. Shuffles losses by id, and ids by band of their hash.

    Args:
        draw: the rows at a multiple of the rates of the arm: ``doc_id``, ``slice``, ``copy``, ``n_bytes`` and ``pi``.
        plan: the rows of the plan arm; where there are none, the draw stays as it is.
        signal_event: the table.
        turn: the round that is drawn.
        tokens_per_byte: where nothing is known.
        seed: of the hash.
    """
    measure = _make_measure(signal_event, turn, tokens_per_byte)
    target = _sum_tokens(measure(plan))
    rows = measure(draw(1.0))
    if not target:
        return rows.drop("n_tok")
    found, more = _sum_tokens(rows), 1.0
    for _ in range(TRIES - 1):
        if not 0 < found < target:
            break
        more *= SPARE * target / found
        rows = measure(draw(more))
        found = _sum_tokens(rows)
    if found <= target:
        return rows.drop("n_tok")
    kept = _keep_first(rows, target, seed).drop("n_tok")
    numbered = kept.withColumn("copy", (rank_rows(["doc_id"], ["copy"]) - 1).cast("int"))
    return numbered.withColumn("pi", F.col("pi") * F.lit(target / found))


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


def _sum_tokens(rows: DataFrame) -> int:
    return int(rows.agg(F.sum("n_tok").alias("tokens")).collect()[0]["tokens"] or 0)


def _keep_first(rows: DataFrame, target: int, seed: int) -> DataFrame:
    """The rows that come first by a hash, until they have ``target`` tokens: of the last one more than half."""
    hashed = rows.withColumn("ord", hash_columns(["doc_id", "copy"], seed, "level"))
    banded = hashed.withColumn("band", F.shiftright("ord", 64 - BAND_BITS))
    lower = Window.partitionBy("all").orderBy("band").rowsBetween(Window.unboundedPreceding, -1)
    up_to = Window.partitionBy("band").orderBy("ord", "doc_id", "copy").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sums = banded.groupBy("band").agg(F.sum("n_tok").alias("band_tok")).withColumn("all", F.lit(0))
    starts = sums.select("band", F.coalesce(F.sum("band_tok").over(lower), F.lit(0)).alias("start"))
    ended = banded.withColumn("ended", F.sum("n_tok").over(up_to)).join(F.broadcast(starts), "band")
    kept = ended.where(F.col("start") + F.col("ended") - F.col("n_tok") / 2 <= F.lit(target))
    return kept.select(*rows.columns)
