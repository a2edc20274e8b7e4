"""What went as a copy, of which source and of whose document, and a few copies beside what stayed for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import rank_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyspark.sql import DataFrame, Row

MOST = 1_000
"""So many rows come back at most, those of most documents first."""
EACH = 3
"""Clusters of each method of which a pair is shown."""
ABSENT = -1.0
"""Stands for no similarity while the least is looked for: of structs with null fields the engines find different ones."""


@dataclass(frozen=True)
class Crossed:
    """Documents that a rule cut as copies, by their source and that of what stayed; None stands for all of them."""

    rule: str | None
    source: str | None
    keeper: str | None
    documents: int
    bytes: int


@dataclass(frozen=True)
class Pair:
    """One of the largest clusters: what stayed and the least similar of the others, with their texts where these were read."""

    method: str
    size: int
    similarity: float | None
    stays: str
    goes: str
    stays_source: str
    goes_source: str
    stays_text: str | None
    goes_text: str | None


def crossed(rejects: DataFrame, documents: DataFrame) -> tuple[Crossed, ...]:
    """Copies by rule, source and keeper's source, with sums over these. Two joins of ids; shuffles partial sums."""
    cut = rejects.where("step = 'dedupe' AND rank = 1").select("doc_id", "rule", F.unhex("detail").alias("kept"))
    known = documents.select("doc_id", "source", "n_bytes")
    kept = known.select(F.col("doc_id").alias("kept"), F.col("source").alias("keeper"))
    sums = cut.join(known, "doc_id").join(kept, "kept").rollup("rule", "source", "keeper")
    rows = sums.agg(F.count(F.lit(1)).alias("documents"), F.sum(F.col("n_bytes").cast("bigint")).alias("bytes"))
    order = (F.desc("documents"), F.asc_nulls_first("rule"), F.asc_nulls_first("source"), F.asc_nulls_first("keeper"))
    return tuple(Crossed(**row.asDict()) for row in rows.orderBy(*order).limit(MOST).collect())


def largest(duplicates: DataFrame) -> list[Row]:
    """The ``EACH`` largest clusters of each method, each with the least similar of the others, or the first."""
    others = duplicates.where("doc_id != keeper").withColumn("near", F.coalesce("similarity", F.lit(ABSENT)))
    found = others.groupBy("method", "cluster_id", "keeper", "size").agg(F.min(F.struct("near", "doc_id")).alias("member"))
    place = rank_rows(["method"], [F.desc("size"), "cluster_id", "keeper"])
    chosen = found.withColumn("place", place).where(F.col("place") <= EACH)
    similarity = F.nullif(F.col("member.near"), F.lit(ABSENT)).alias("similarity")
    return chosen.select("method", "size", "keeper", similarity, "member.doc_id").orderBy("method", "place").collect()


def pairs(found: Iterable[Row], texts: Mapping[bytes, Row]) -> Iterator[Pair]:
    """What ``largest`` found, with sources and texts."""
    for row in found:
        one, other = bytes(row["keeper"]), bytes(row["doc_id"])
        if one in texts and other in texts:
            sources = (texts[one]["source"], texts[other]["source"])
            told = (row["method"], row["size"], row["similarity"], one.hex(), other.hex())
            yield Pair(*told, *sources, texts[one]["text"], texts[other]["text"])
