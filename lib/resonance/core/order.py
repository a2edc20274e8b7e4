"""Places in an order of hashes: the same whatever the partitioning, and without sorting everything in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns
from resonance.core.frames import rank_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

BAND_BITS = 10
BANDS = 1 << BAND_BITS
"""Parts that an order is cut into, by its leading bits; they are sorted apart from each other."""


def place_rows(rows: DataFrame, *, seed: int, epochs: int = 1) -> DataFrame:
    """``rows`` once for each ``epoch``, with ``pos``: their rank in it by a hash of document, copy and epoch, from 0 without gaps.

    One shuffle of ids by band of that hash, each band sorted by itself; positions of a band start after the rows of all lower
    bands, which one more pass counts. Only those 1,024 counts an epoch come together in one place.
    """
    passes = rows.withColumn("epoch", F.explode(F.sequence(F.lit(0), F.lit(epochs - 1))) if epochs > 1 else F.lit(0))
    return order_rows(passes, seed=seed)


def order_rows(rows: DataFrame, *, seed: int) -> DataFrame:
    """``rows`` with ``pos``: their rank within their ``epoch`` by a hash of document, copy and epoch, as ``place_rows`` says."""
    ordered = rows.withColumn("ord", hash_columns(["doc_id", "copy", "epoch"], seed, "ord"))
    band = F.shiftright("ord", 64 - BAND_BITS)
    return rank_in_bands(ordered, ["epoch"], band, ["ord", "doc_id", "copy"]).withColumnRenamed("rank", "pos").drop("ord")


def rank_in_bands(rows: DataFrame, within: list[str], band: Column, order: list[str]) -> DataFrame:
    """``rows`` with their ``rank`` by ``order`` within groups, from 0; ``band`` cuts the order into parts that are sorted apart."""
    banded = rows.withColumn("band", band)
    part = [*within, "band"]
    lower = Window.partitionBy(*within).orderBy("band").rowsBetween(Window.unboundedPreceding, -1)
    starts = banded.groupBy(*part).count().select(*part, F.coalesce(F.sum("count").over(lower), F.lit(0)).alias("start"))
    rank = rank_rows(part, order)
    return banded.join(F.broadcast(starts), part).withColumn("rank", F.col("start") + rank - 1).drop("band", "start")
