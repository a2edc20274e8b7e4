"""How workers write shards: one Parquet file each, its rows in the order in which they come, whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from resonance.core.places import open_place

WRITTEN = "shard int, rows bigint"
"""What the writer yields."""


@dataclass(frozen=True)
class ShardWriter:
    """A kernel that leaves rows at ``place``, a path or an address, and yields the rows of each file.

    It asks for all rows of a shard one after another, and holds one batch. A task that is tried again replaces its files.

    Args:
        columns: what is written; ``shard`` is read besides.
    """

    place: str
    columns: tuple[str, ...]

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """One row for each shard."""
        for shard, parts in groupby(_split_shards(batches), key=lambda part: part[0]):
            rows = self._write(shard, (rows.select(self.columns) for _, rows in parts))
            yield pa.record_batch({"shard": pa.array([shard], pa.int32()), "rows": pa.array([rows], pa.int64())})

    def _write(self, shard: int, parts: Iterator[Any]) -> int:
        files, first = open_place(self.place), next(parts)
        with files.draft() as draft:
            partial, rows = draft / f".shard-{shard:05d}-{uuid.uuid4().hex}", 0
            try:
                with partial.open("wb") as file, pq.ParquetWriter(file, first.schema) as writer:
                    for part in chain([first], parts):
                        writer.write_batch(part)
                        rows += part.num_rows
                files.put(f"shard-{shard:05d}.parquet", partial)
            finally:
                partial.unlink(missing_ok=True)
        return rows


def _split_shards(batches: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Batches cut where the next shard begins."""
    for batch in batches:
        shards = batch.column("shard").to_numpy()
        begins = [0, *(np.flatnonzero(np.diff(shards)) + 1).tolist(), len(shards)]
        for begin, end in zip(begins, begins[1:], strict=False):
            if begin < end:
                yield int(shards[begin]), batch.slice(begin, end - begin)
