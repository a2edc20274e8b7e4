"""Connected components: few edges in one task, more by alternating large-star and small-star, with linear work a round.

Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii 2014, "Connected Components in MapReduce and Beyond"; in practice it takes
logarithmically many rounds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.frames import add_group_values, map_batches
from resonance.core.job import Checkpoint
from resonance.curate.duplicates.ids import ids_of

if TYPE_CHECKING:
    from pyarrow import RecordBatch

log = logging.getLogger(__name__)

FEW = 4_000_000
"""Distinct edges that one task joins: it takes about 200 bytes of memory for each."""


def components(edges: DataFrame, *, checkpoint: Checkpoint, max_rounds: int, few: int = FEW) -> DataFrame:
    """``doc_id`` and ``component`` (its smallest doc_id) of every document that an edge joins to another one.

    ``edges`` holds ``doc_id`` and ``other``; direction, copies and self-loops do not matter. They are shuffled once, to leave out
    copies. Up to ``few`` then go to one task on a worker. More are settled in rounds: a round shuffles the edges three times and
    never makes more of them; it is over when no edge moved, which is counted, not guessed.

    Raises:
        ResonanceError: edges still move after ``max_rounds`` rounds.
    """
    high, low = F.greatest("doc_id", "other").alias("high"), F.least("doc_id", "other").alias("low")
    stars = checkpoint(edges.where("doc_id != other").select(high, low).distinct(), "edges")
    if (size := stars.count()) <= few:
        log.info("components: %d edges, joined in one task", size)
        return map_batches(stars.coalesce(1), _join_batches, "doc_id binary, component binary")
    return _in_rounds(stars, checkpoint, max_rounds)


def _join_batches(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    from resonance.curate.kernels.duplicates.joined import smallest

    edges = pa.Table.from_batches(batches, pa.schema({"high": pa.binary(), "low": pa.binary()}))
    ends = pa.chunked_array([*edges["high"].chunks, *edges["low"].chunks], pa.binary()).combine_chunks().dictionary_encode()
    names = ids_of(ends.dictionary)
    order = np.argsort(names)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    nodes = places[ends.indices.to_numpy()]
    found = smallest(nodes[: len(edges)], nodes[len(edges) :], len(order))
    named = ends.dictionary.take(pa.array(order))
    table = pa.table({"doc_id": named, "component": named.take(pa.array(found))})
    yield from table.to_batches(max_chunksize=1 << 16)


def _in_rounds(stars: DataFrame, checkpoint: Checkpoint, max_rounds: int) -> DataFrame:
    moved = 0
    for turn in range(1, max_rounds + 1):
        stars = checkpoint(_small_star(_large_star(stars)), f"components-{turn}")
        count, moved = _counts(stars)
        log.info("components: round %d, %d edges, %d moved", turn, count, moved)
        if not moved:
            return _members(stars)
    raise ResonanceError(f"dedupe: {moved} edges of the clusters still moved after {max_rounds} rounds; raise dedupe.max_rounds")


def _large_star(edges: DataFrame) -> DataFrame:
    """Each node's larger neighbours, linked to the smallest node around it: one row for each edge."""
    ends = F.array(_pair("high", "low"), _pair("low", "high"))
    around = add_group_values(edges.select(F.inline(ends)), ["node"], {"least": F.min("other")})
    linked = around.select("node", "other", F.least("node", "least").alias("low")).where("other > node")
    return linked.select(F.col("other").alias("high"), "low", (F.col("low") != F.col("node")).alias("moved"))


def _small_star(edges: DataFrame) -> DataFrame:
    """Each node and its smaller neighbours, linked to the smallest of them: at most one row for each edge."""
    linked = add_group_values(edges, ["high"], {"smallest": F.min("low")})
    stays = F.col("low") == F.col("smallest")
    rows = linked.select(
        F.when(stays, F.col("high")).otherwise(F.col("low")).alias("high"),
        F.col("smallest").alias("low"),
        (F.col("moved") | ~stays).alias("moved"),
    )
    return rows.groupBy("high", "low").agg(F.max("moved").alias("moved"))


def _members(stars: DataFrame) -> DataFrame:
    ends = F.array(_pair("high", "low"), _pair("low", "low"))
    return stars.select(F.inline(ends).alias("doc_id", "component")).distinct()


def _pair(node: str, other: str) -> Column:
    return F.struct(F.col(node).alias("node"), F.col(other).alias("other"))


def _counts(stars: DataFrame) -> tuple[int, int]:
    row = stars.agg(F.count(F.lit(1)).alias("edges"), F.count_if("moved").alias("moved")).first()
    return (row["edges"], row["moved"]) if row else (0, 0)
