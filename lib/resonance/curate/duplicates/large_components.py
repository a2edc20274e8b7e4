"""Verified near duplicates of components that are too large for one task: pairs are compared in chunks, then settled in rounds.

The result is that of ``verified.removed``. A round settles every document whose earlier like ones are settled (Blelloch, Fineman,
Shun 2012, "Greedy Sequential Maximal Independent Set and Matching are Parallel on Average").
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.frames import group_rows, look_up, map_batches
from resonance.core.job import Checkpoint
from resonance.curate.duplicates.order import order
from resonance.curate.duplicates.verified import SETS, Held, Shingle, blocks

if TYPE_CHECKING:
    from pyarrow import RecordBatch

log = logging.getLogger(__name__)

LARGE_BYTES = 256 << 20
"""Bytes of text beyond which a component is not settled in one task: its shingles take one to three times as much there."""
CHUNK_BYTES = 64 << 20
"""Bytes of text whose pairs are compared in one task; texts that they are compared with come on top."""
LIKE = "doc_id binary, other binary, similarity double"


def large(members: DataFrame) -> tuple[DataFrame, int]:
    """Each ``component`` of more text than ``LARGE_BYTES``, and the bytes of all of them. One shuffle of ids by component."""
    sizes = members.groupBy("component").agg(F.sum("n_bytes").alias("bytes")).where(F.col("bytes") > LARGE_BYTES)
    row = sizes.agg(F.sum("bytes").alias("bytes")).first()
    return sizes.select("component"), int(row["bytes"] or 0) if row else 0


def removed_in_rounds(
    texts: DataFrame,
    pairs: DataFrame,
    size: int,
    *,
    shingle_words: int,
    profile: str,
    least: float,
    checkpoint: Checkpoint,
    max_rounds: int,
) -> DataFrame:
    """What ``verified.removed`` gives for these pairs: each document that goes, the first one that stays and is like it.

    Args:
        texts: ``doc_id``, ``priority``, ``n_bytes`` and ``text`` of all documents.
        pairs: candidates; ``other`` comes first.
        size: bytes of the texts in pairs.
        shingle_words: words in a shingle.
        profile: the normal form of the words.
        least: similarity from which on two documents are alike.
        checkpoint: materialises rounds.
        max_rounds: rounds before giving up.

    Raises:
        ResonanceError: documents are left after ``max_rounds`` rounds.
    """
    like = checkpoint(_like(texts, pairs, math.ceil(size / CHUNK_BYTES), Shingle(shingle_words, profile), least), "like-pairs")
    gone = settle_pairs(like.select("doc_id", "other"), checkpoint, max_rounds).withColumnRenamed("doc_id", "other")
    places = texts.select(F.col("doc_id").alias("other"), order().alias("place"))
    stays = like.join(gone, "other", "left_anti").join(places, "other")
    first = F.min_by(F.struct(F.col("other").alias("keeper"), "similarity"), "place").alias("first")
    return stays.groupBy("doc_id").agg(first).select("doc_id", "first.keeper", "first.similarity")


def _like(texts: DataFrame, pairs: DataFrame, chunks: int, shingle: Shingle, least: float) -> DataFrame:
    """``LIKE``: pairs of that similarity. The shingles of a document go to its own chunk and to each that compares with it."""
    chunk = F.encode(F.pmod(F.xxhash64("doc_id"), F.lit(chunks)).cast("string"), "UTF-8").alias("component")
    ends = F.array(_end("doc_id", F.col("other")), _end("other", F.lit(None).cast("binary")))
    needed = pairs.select(chunk, F.inline(ends)).groupBy("component", "doc_id").agg(F.collect_list("earlier").alias("earlier"))
    joined = look_up(texts.select("doc_id", "priority", "n_bytes", "text"), needed, ["doc_id"])
    shingled = map_batches(joined, shingle, SETS)
    return map_batches(group_rows(shingled, "component", "doc_id"), Compare(least), LIKE)


def _end(name: str, earlier: Column) -> Column:
    return F.struct(F.col(name).alias("doc_id"), earlier.alias("earlier"))


def settle_pairs(waiting: DataFrame, checkpoint: Checkpoint, max_rounds: int) -> DataFrame:
    """The ``doc_id`` of each document that goes, where ``waiting`` holds all pairs of like ones; ``other`` comes first.

    A document that waits for none stays; one that is like it goes, and no other waits for that one any longer. A round shuffles
    the ids of pairs that still wait, and is the last when none does.

    Raises:
        ResonanceError: pairs wait after ``max_rounds`` rounds.
    """
    gone: list[DataFrame] = []
    for turn in range(1, max_rounds + 1):
        stays = waiting.select("other").join(waiting.select(F.col("doc_id").alias("other")), "other", "left_anti").distinct()
        goes = checkpoint(waiting.join(stays, "other", "left_semi").select("doc_id").distinct(), f"gone-{turn}")
        gone.append(goes)
        others = goes.withColumnRenamed("doc_id", "other")
        left = waiting.join(goes, "doc_id", "left_anti").join(others, "other", "left_anti").select("doc_id", "other")
        waiting = checkpoint(left, f"waiting-{turn}")
        went, pairs = goes.count(), waiting.count()
        log.info("dedupe: large components, round %d: %d documents go, %d pairs wait", turn, went, pairs)
        if not pairs:
            return reduce(DataFrame.unionByName, gone)
    raise ResonanceError(f"dedupe: {pairs} pairs of large components wait after {max_rounds} rounds; raise dedupe.max_rounds")


@dataclass(frozen=True)
class Compare:
    """Compares pairs of rows that come chunk by chunk, on a worker; memory is that of the largest chunk."""

    least: float

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """Rows of ``LIKE``."""
        for block in blocks(batches):
            yield from (self.compared(chunk) for chunk in chunks(block))

    def compared(self, rows: pa.Table) -> RecordBatch:
        """The pairs of a chunk whose similarity is ``least`` or more."""
        from resonance.curate.kernels.duplicates.shingles import compare

        held = Held.of(rows)
        similarities = np.empty(len(held.later))
        compare(held.shingles, held.bounds, held.later, held.earlier, similarities)
        like = np.flatnonzero(similarities >= self.least)
        ends = [held.ids.take(pa.array(places[like])) for places in (held.later, held.earlier)]
        return pa.RecordBatch.from_arrays([*ends, pa.array(similarities[like])], names=["doc_id", "other", "similarity"])


def chunks(rows: pa.Table) -> Iterator[pa.Table]:
    """Rows of one ``component`` each, of rows that come component by component."""
    runs = pa.compute.run_end_encode(rows.column("component").combine_chunks())
    first = 0
    for end in runs.run_ends.to_pylist():
        yield rows.slice(first, end - first)
        first = end
