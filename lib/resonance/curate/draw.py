"""The sampler: which copies of which documents are drawn, and in which order, from hashes of their ids alone.

Poisson sampling on permanent random numbers: each document has one uniform number for ever, and is drawn where that number
lies below the fraction of its expected copies. So inclusion probabilities are exact, equal plans draw equal documents
whatever the partitioning, and a changed plan changes few of them (Ohlsson, "Coordination of samples using permanent random
numbers", 1995). Between rounds the numbers turn by the golden ratio, so that a new draw first takes documents that were
not drawn lately; arms of a round share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.order import BANDS, rank_in_bands

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

GOLDEN = 0.6180339887498949
"""Fraction of the golden ratio: its multiples spread evenly over the unit circle."""


def copies(*, seed: int, round: int) -> Column:
    """How often a row's ``doc_id`` is drawn: ``floor(pi)`` times for certain and once more with the chance that is left."""
    certain = F.floor("pi")
    return (certain + (_turn_number(seed, round) < F.col("pi") - certain).cast("bigint")).cast("int")


def draw(rows: DataFrame, *, seed: int, round: int) -> DataFrame:
    """One row for each drawn copy of ``rows``, with its number ``copy``: as many as ``copies`` says.

    Needs ``doc_id`` and ``pi``. One pass, no shuffle; the sum of ``pi`` rows are to be expected.
    """
    return _spread(rows.withColumn("copies", copies(seed=seed, round=round)))


def draw_fixed(rows: DataFrame, *, seed: int, round: int) -> DataFrame:
    """As ``draw``, but every slice gets a fixed number of rows: the sum of its ``pi``, rounded; ``pi`` becomes the exact chance.

    Needs ``slice`` besides, and one ``pi`` a slice: the documents with the smallest numbers are drawn, so that each is with the
    same chance (sampling without replacement, as Efraimidis and Spirakis 2006 do it where weights differ). Shuffles ids: one count
    by slice, and a rank within it.
    """
    numbered = rows.withColumn("number", _turn_number(seed, round))
    left = F.first("pi") - F.floor(F.first("pi"))
    sizes = numbered.groupBy("slice").agg(F.count(F.lit(1)).alias("n"), F.round(left * F.count(F.lit(1))).alias("more"))
    ranked = rank_in_bands(numbered, ["slice"], F.floor(F.col("number") * F.lit(float(BANDS))), ["number", "doc_id"])
    held = ranked.join(F.broadcast(sizes), "slice")
    certain = F.floor("pi")
    drawn = held.withColumn("copies", (certain + (F.col("rank") < F.col("more")).cast("bigint")).cast("int"))
    return _spread(drawn.withColumn("pi", certain + F.col("more") / F.col("n"))).drop("number", "rank", "n", "more")


def _turn_number(seed: int, round: int) -> Column:
    """A document's permanent number, turned for the round."""
    return (uniform(hash_columns(["doc_id"], seed)) + F.lit(GOLDEN * (round - 1) % 1.0)) % F.lit(1.0)


def _spread(rows: DataFrame) -> DataFrame:
    drawn = rows.where("copies > 0")
    return drawn.withColumn("copy", F.explode(F.expr("sequence(0, copies - 1)"))).drop("copies")
