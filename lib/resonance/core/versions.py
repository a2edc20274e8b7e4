"""Versions of documents: a later delivery of a known source and key is a new version, and the newest one counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

VERSION_KEY = ["doc_id", "batch"]
"""Names one version of a document: a batch holds each document once."""
SUPERSEDED = "superseded"
"""The rule of ``rejects`` that an earlier version fails; ``detail`` names the batch of the newest."""


def order_batches(batches: Iterable[str], deliveries: Sequence[str]) -> list[str]:
    """``batches``, oldest delivery first; those of which no delivery is recorded come before all others, by name."""
    places = {name: place for place, name in enumerate(deliveries)}
    return sorted(batches, key=lambda name: (places.get(name, -1), name))


def find_superseded(versions: DataFrame, order: Sequence[str]) -> DataFrame:
    """The rows of ``versions`` whose document a later batch of ``order`` holds too; ``by`` names the newest such batch.

    One shuffle of ids, where there are two batches or more.
    """
    if len(order) < 2:
        return versions.where("false").withColumn("by", F.lit(None).cast("string"))
    place = F.create_map(*(F.lit(value) for pair in zip(order, range(len(order)), strict=True) for value in pair))[F.col("batch")]
    placed = versions.withColumn("place", place)
    newest = placed.groupBy("doc_id").agg(F.max("place").alias("newest"), F.count(F.lit(1)).alias("rows")).where("rows > 1")
    earlier = placed.join(newest, "doc_id").where("place < newest")
    by = F.element_at(F.array(*map(F.lit, order)), F.col("newest") + 1)
    return earlier.select(*versions.columns, by.alias("by"))


def leave_superseded(rows: DataFrame, rejects: DataFrame) -> DataFrame:
    """``rows`` without those of superseded versions, as ``rejects`` tells them. One anti-join of ids."""
    earlier = rejects.where(f"rule = '{SUPERSEDED}'").select(*VERSION_KEY)
    return rows.join(earlier, VERSION_KEY, "left_anti").select(*rows.columns)
