"""A sample of texts, of bounded bytes: those whose hashes come first, so that it depends neither on order nor on partitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.frames import map_batches
from resonance.core.job import Checkpoint

if TYPE_CHECKING:
    from pyarrow import RecordBatch

HEAD_BYTES = 64 << 10
"""Of a text so many bytes are taken, that no single one fills a sample."""
PLACED = "place bigint, head string"
BUCKETS = 1 << 16
"""Texts are counted by so many ranges of hashes to find how many fit; what of a range does not fit is read, and left."""
BITS_LEFT = 63 - 16
PARTS = 10
"""One part of ten is held out, one calibrates, the others teach."""


class Sample(NamedTuple):
    """Texts in the order of their hashes, and the hash of each; besides, how many texts and bytes there were, and rows unread."""

    texts: list[str]
    places: list[int]
    texts_there: int
    bytes_there: int
    unread: int

    @property
    def bytes(self) -> int:
        """Bytes of the texts."""
        return sum(len(text.encode()) for text in self.texts)


def sample_texts(rows: DataFrame, most_bytes: int, seed: int, checkpoint: Checkpoint, name: str) -> Sample:
    """A sample of the column ``text``: each text once, as it is cleaned, of each ``HEAD_BYTES``; rows with a ``rule`` are unread.

    The driver holds the sample, no more than ``most_bytes`` of it; a few numbers of each of ``BUCKETS`` ranges of hashes besides.

    Raises:
        InputError: no text is there.
    """
    placed = checkpoint(map_batches(rows.select("text", "rule"), Place(seed), PLACED), name)
    bucket = F.shiftright("place", BITS_LEFT).alias("bucket")
    size = F.octet_length("head").cast("bigint")
    counted = placed.groupBy(bucket).agg(F.sum(size).alias("bytes"), F.count(F.lit(1)).alias("texts")).collect()
    known = sorted((row for row in counted if row["bucket"] is not None), key=lambda row: int(row["bucket"]))
    unread = sum(row["texts"] for row in counted if row["bucket"] is None)
    if not known:
        raise InputError(f"score fit: there is no {name} text, {unread:,} rows cannot be read")
    last, total = 0, 0
    for row in known:
        last, total = row["bucket"], total + row["bytes"]
        if total >= most_bytes:
            break
    held = {row["place"]: row["head"] for row in placed.where(bucket <= F.lit(last)).collect()}
    texts, places, left = list[str](), list[int](), most_bytes
    for place in sorted(held):
        left -= len(held[place].encode())
        if left < 0 and texts:
            break
        texts.append(held[place])
        places.append(place)
    return Sample(texts, places, sum(row["texts"] for row in known), sum(row["bytes"] for row in known), unread)


@dataclass(frozen=True)
class Place:
    """Cleans texts, takes their heads and hashes them, on a worker. Texts that are empty are passed over."""

    seed: int

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """Rows of ``PLACED``."""
        from resonance.curate.kernels.text.tidy import tidy

        for batch in batches:
            unread = batch.num_rows - batch.column("rule").null_count
            heads = [cut_head(text) for text in tidy(batch.column("text")).to_pylist() if text]
            yield self._place([*heads, *[None] * unread])

    def _place(self, heads: list[str | None]) -> RecordBatch:
        salt = f"{self.seed} ".encode()
        digests = (None if head is None else sha256(salt + head.encode()).digest() for head in heads)
        places = [None if digest is None else int.from_bytes(digest[:8], "big") >> 1 for digest in digests]
        columns = [pa.array(places, pa.int64()), pa.array(heads, pa.string())]
        return pa.RecordBatch.from_arrays(columns, names=["place", "head"])


def cut_head(text: str) -> str:
    """The first ``HEAD_BYTES`` of a text, up to a whole character."""
    data = text.encode()
    return text if len(data) <= HEAD_BYTES else data[:HEAD_BYTES].decode(errors="ignore")
