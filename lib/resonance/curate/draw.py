"""The sampler: which copies of which documents are drawn, and in which order, from hashes of their ids alone.

Poisson sampling on permanent random numbers: each document has one uniform number for ever, and is drawn where that number
lies below the fraction of its expected copies. So inclusion probabilities are exact, equal plans draw equal documents
whatever the partitioning, and a changed plan changes few of them (Ohlsson, "Coordination of samples using permanent random
numbers", 1995). Between rounds the numbers turn by the golden ratio, so that a new draw first takes documents that were
not drawn lately; arms of a round share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.frames import rank_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

GOLDEN = 0.6180339887498949
"""Fraction of the golden ratio: its multiples spread evenly over the unit circle."""

BAND_BITS = 10
BANDS = 1 << BAND_BITS
"""Parts that an order is cut into, by its leading bits; they are sorted apart from each other."""


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
    ranked = _rank_in_bands(numbered, ["slice"], F.floor(F.col("number") * F.lit(float(BANDS))), ["number", "doc_id"])
    held = ranked.join(F.broadcast(sizes), "slice")
    certain = F.floor("pi")
    drawn = held.withColumn("copies", (certain + (F.col("rank") < F.col("more")).cast("bigint")).cast("int"))
    return _spread(drawn.withColumn("pi", certain + F.col("more") / F.col("n"))).drop("number", "rank", "n", "more")


def place_rows(rows: DataFrame, *, seed: int, epochs: int = 1) -> DataFrame:
    """``rows`` once for each ``epoch``, with ``pos``: their rank in it by a hash of document, copy and epoch, from 0 without gaps.

    One shuffle of ids by band of that hash, each band sorted by itself; positions of a band start after the rows of all lower
    bands, which one more pass counts. Only those 1,024 counts an epoch come together in one place.
    """
    passes = rows.withColumn("epoch", F.explode(F.sequence(F.lit(0), F.lit(epochs - 1))) if epochs > 1 else F.lit(0))
    ordered = passes.withColumn("ord", hash_columns(["doc_id", "copy", "epoch"], seed, "ord"))
    band = F.shiftright("ord", 64 - BAND_BITS)
    return _rank_in_bands(ordered, ["epoch"], band, ["ord", "doc_id", "copy"]).withColumnRenamed("rank", "pos").drop("ord")


def _turn_number(seed: int, round: int) -> Column:
    """A document's permanent number, turned for the round."""
    return (uniform(hash_columns(["doc_id"], seed)) + F.lit(GOLDEN * (round - 1) % 1.0)) % F.lit(1.0)


def _spread(rows: DataFrame) -> DataFrame:
    drawn = rows.where("copies > 0")
    return drawn.withColumn("copy", F.explode(F.expr("sequence(0, copies - 1)"))).drop("copies")


def _rank_in_bands(rows: DataFrame, within: list[str], band: Column, order: list[str]) -> DataFrame:
    """``rows`` with their ``rank`` by ``order`` within groups, from 0; ``band`` cuts the order into parts that are sorted apart."""
    banded = rows.withColumn("band", band)
    part = [*within, "band"]
    lower = Window.partitionBy(*within).orderBy("band").rowsBetween(Window.unboundedPreceding, -1)
    starts = banded.groupBy(*part).count().select(*part, F.coalesce(F.sum("count").over(lower), F.lit(0)).alias("start"))
    rank = rank_rows(part, order)
    return banded.join(F.broadcast(starts), part).withColumn("rank", F.col("start") + rank - 1).drop("band", "start")
