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

from resonance.core.chance import hashed, uniform

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

GOLDEN = 0.6180339887498949
"""Fraction of the golden ratio: its multiples spread evenly over the unit circle."""

BAND_BITS = 10
"""Leading bits of the order's hash that name a band; 1,024 bands are sorted apart from each other."""


def copies(*, seed: int, round: int) -> Column:
    """How often a row's ``doc_id`` is drawn: ``floor(pi)`` times for certain and once more with the chance that is left."""
    number = uniform(hashed(["doc_id"], seed))
    turned = (number + F.lit(GOLDEN * (round - 1) % 1.0)) % F.lit(1.0)
    certain = F.floor("pi")
    return (certain + (turned < F.col("pi") - certain).cast("bigint")).cast("int")


def draw(rows: DataFrame, *, seed: int, round: int) -> DataFrame:
    """One row for each drawn copy of ``rows``, with its number ``copy``: as many as ``copies`` says.

    Needs ``doc_id`` and ``pi``. One pass, no shuffle; the sum of ``pi`` rows are to be expected.
    """
    drawn = rows.withColumn("copies", copies(seed=seed, round=round)).where("copies > 0")
    return drawn.withColumn("copy", F.explode(F.expr("sequence(0, copies - 1)"))).drop("copies")


def placed(rows: DataFrame, *, seed: int) -> DataFrame:
    """``rows`` with ``epoch`` 0 and ``pos``: their rank by a hash of document, copy and epoch, from 0 without gaps.

    One shuffle of ids by band of that hash, each band sorted by itself; positions of a band start after the rows of all lower
    bands, which one more pass counts. Only those 1,024 counts come together in one place.
    """
    hash = hashed(["doc_id", "copy", "epoch"], seed, "ord")
    banded = rows.withColumn("epoch", F.lit(0)).withColumn("ord", hash).withColumn("band", F.shiftright("ord", 64 - BAND_BITS))
    lower = Window.orderBy("band").rowsBetween(Window.unboundedPreceding, -1)
    starts = banded.groupBy("band").count().select("band", F.coalesce(F.sum("count").over(lower), F.lit(0)).alias("start"))
    rank = F.row_number().over(Window.partitionBy("band").orderBy("ord", "doc_id", "copy"))
    return banded.join(F.broadcast(starts), "band").withColumn("pos", F.col("start") + rank - 1).drop("band", "ord", "start")
