"""Near duplicates, verified: a document goes if and only if one that stays, and comes first, is like it by exact Jaccard.

Nothing is chained: of A like B like C, A unlike C, C stays. The total order (``order.py``) is known at ingest, so what stays
depends neither on the partitioning nor on a run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import group_rows, look_up, map_batches, pluck_field, rank_rows
from resonance.core.versions import VERSION_KEY
from resonance.curate.duplicates.ids import ids_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyarrow import RecordBatch

log = logging.getLogger(__name__)

MOST = 64
"""Members of a bucket that are compared each with each; further ones are compared with the first so many."""
BLOCK_BYTES = 64 << 20
SETS = "component binary, doc_id binary, priority int, n_bytes int, shingles array<bigint>, earlier array<binary>"
FOUND = "doc_id binary, keeper binary, similarity double"


def candidates(buckets: DataFrame, within: Sequence[str] = ()) -> DataFrame:
    """Pairs that share a bucket: ``doc_id`` and ``other``, which comes before it in the total order; each pair once.

    All pairs of a bucket up to ``MOST`` members; beyond, each member and the first ``MOST``. One shuffle of members of
    ``buckets`` by hash and band, one of members with those before them, one of pairs by both ids. Documents that meet in many large
    buckets, as copies do, share a list of first ones there: it is spread out once for each of them, not once a bucket.
    """
    keys = ["hash", "band", *within]
    rank = rank_rows(keys, ["priority", F.desc("n_bytes"), "doc_id"])
    ranked = buckets.withColumn("rank", rank).select(*keys, "doc_id", "rank")
    first = pluck_field(F.sort_array(F.collect_list(F.struct("rank", "doc_id"))), "doc_id")
    heads = ranked.where(F.col("rank") <= MOST).groupBy(*keys).agg(first.alias("first"))
    late = F.col("rank") > MOST
    listed = heads.withColumn("list", F.xxhash64("first"))
    named = (
        ranked.where("rank > 1")
        .join(listed, keys)
        .select(
            "doc_id",
            F.when(~late, F.slice("first", 1, F.col("rank") - 1)).alias("own"),
            F.when(late, F.col("list")).otherwise(F.xxhash64("doc_id")).alias("list"),
        )
    )
    lists = listed.where(F.size("first") == MOST).dropDuplicates(["list"]).select("list", F.col("first").alias("shared"))
    spread = named.distinct().join(lists, "list", "left")
    return spread.select("doc_id", F.explode(F.coalesce("own", "shared")).alias("other")).distinct()


def lost(buckets: DataFrame, within: Sequence[str] = ()) -> int:
    """How many pairs of buckets with more than ``MOST`` members are no candidates; a pair counts in each bucket that it shares."""
    sizes = buckets.where(F.col("size") > MOST).groupBy("hash", "band", *within).agg(F.max("size").alias("size"))
    over = F.col("size") - MOST
    row = sizes.agg(F.sum(over * (over - 1) / 2).alias("pairs")).first()
    return int(row["pairs"] or 0) if row else 0


def members(pairs: DataFrame, alike: DataFrame) -> DataFrame:
    """``doc_id``, ``batch`` and ``component`` of each document in pairs, and in ``earlier`` those that it is compared with.

    Args:
        pairs: candidates; ``other`` comes first.
        alike: ``doc_id``, ``batch`` and ``component``: documents that candidates connect share theirs.
    """
    end = F.struct(F.col("other").alias("doc_id"), F.lit(None).cast("binary").alias("earlier"))
    ends = F.array(F.struct("doc_id", F.col("other").alias("earlier")), end)
    compared = pairs.select(F.inline(ends)).groupBy("doc_id").agg(F.collect_list("earlier").alias("earlier"))
    return compared.join(alike, "doc_id")


def find_removed(
    texts: DataFrame, members: DataFrame, *, shingle_words: int, least: float, profile: str = "resonance"
) -> DataFrame:
    """``FOUND``: each document that goes, the document that stays in its place, and how similar the two are.

    Args:
        texts: ``doc_id``, ``batch``, ``priority``, ``n_bytes`` and ``text`` of all documents, other versions of them included.
        members: as the function of this name gives them. Materialised, so that Spark sees where they are few, and sends them to
            the texts: else all texts move to meet them.
        shingle_words: words in a shingle.
        least: similarity from which on two documents are alike.
        profile: the normal form of the words.

    The shingles of members, eight bytes a word, are shuffled once, by component. A component is settled in one task.
    """
    read = look_up(texts.select(*VERSION_KEY, "priority", "n_bytes", "text"), members, VERSION_KEY)
    shingled = map_batches(read, Shingle(shingle_words, profile), SETS)
    return map_batches(group_rows(shingled, "component", "doc_id"), Settle(least), FOUND)


@dataclass(frozen=True)
class Shingle:
    """Puts the set of its shingles in place of each text, on a worker."""

    words: int
    profile: str

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """The same rows, with ``shingles``."""
        from resonance.curate.kernels.duplicates.shingles import sets

        for batch in batches:
            shingles = sets(batch.column("text"), self.words, self.profile).cast(pa.list_(pa.int64()))
            first, last = ["component", "doc_id", "priority", "n_bytes"], ["earlier"]
            columns = [*map(batch.column, first), shingles, *map(batch.column, last)]
            yield pa.RecordBatch.from_arrays(columns, names=[*first, "shingles", *last])


@dataclass(frozen=True)
class Settle:
    """Says of rows that come component by component which documents go, on a worker; memory is that of the largest component."""

    least: float

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """Rows of ``FOUND``."""
        for block in blocks(batches):
            yield self.settled(block)

    def settled(self, rows: pa.Table) -> RecordBatch:
        """The documents that go, of whole components."""
        from resonance.curate.kernels.duplicates.shingles import settle_pairs

        held = Held.of(rows)
        keeper, similarity = settle_pairs(held.shingles, held.bounds, held.later, held.earlier, self.least)
        gone = np.flatnonzero(keeper >= 0)
        found = [held.ids.take(pa.array(gone)), held.ids.take(pa.array(keeper[gone])), pa.array(similarity[gone])]
        return pa.RecordBatch.from_arrays(found, names=["doc_id", "keeper", "similarity"])


@dataclass(frozen=True)
class Held:
    """Documents in their total order, their sets of shingles one after another, and the places of both ends of each pair."""

    ids: pa.Array
    shingles: NDArray[np.uint64]
    bounds: NDArray[np.int64]
    later: NDArray[np.int64]
    earlier: NDArray[np.int64]

    @classmethod
    def of(cls, rows: pa.Table) -> Held:
        """From rows of ``SETS``."""
        names = ids_of(rows.column("doc_id"))
        order = np.lexsort((names, -rows.column("n_bytes").to_numpy(), rows.column("priority").to_numpy()))
        rows, names = rows.take(pa.array(order)), names[order]
        held, bounds = _lists(rows.column("shingles"))
        others, other_bounds = _lists(rows.column("earlier"))
        places = np.argsort(names)
        earlier = places[np.searchsorted(names, ids_of(others), sorter=places)]
        later = np.repeat(np.arange(len(names)), np.diff(other_bounds))
        return cls(rows.column("doc_id").combine_chunks(), held.to_numpy().view(np.uint64), bounds, later, earlier)


def blocks(batches: Iterable[RecordBatch]) -> Iterator[pa.Table]:
    """Rows that come component by component, as tables of whole components of ``BLOCK_BYTES`` or more."""
    held: list[RecordBatch] = []
    size = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        if size >= BLOCK_BYTES:
            last = held[-1].column("component")[-1]
            cut = next((row for row, name in enumerate(batch.column("component")) if name != last), None)
            if cut is not None:
                yield pa.Table.from_batches([*held, batch.slice(0, cut)])
                held, size, batch = [], 0, batch.slice(cut)
        held.append(batch)
        size += batch.nbytes
    if held:
        yield pa.Table.from_batches(held)


def _lists(column: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """The values of a column of lists, a null being empty, and where each list starts in them."""
    whole = column.combine_chunks()
    sizes = pa.compute.list_value_length(whole).fill_null(0).to_numpy()
    return whole.flatten(), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
