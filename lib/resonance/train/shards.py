"""How a rank reads its documents: from Parquet shards that are sorted by place, streamed, one global batch after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resonance.core.errors import TrainError
from resonance.core.objects import open_ahead
from resonance.core.places import open_place
from resonance.train.spec import Phase

COLUMNS = ("place", "epoch", "pos", "copy", "doc_id", "weight", "prompt", "text", "label")
ROWS = 1_000
"""Rows that are handed on at a time."""


@dataclass(frozen=True)
class Document:
    """One draw of a document: where it stands in the plan; a text, an answer to a prompt, or a text with its label."""

    place: int
    epoch: int
    pos: int
    copy: int
    doc_id: bytes
    weight: float
    prompt: str | None
    text: str
    label: str | None


def global_batches(phase: Phase, first: int, documents: int, rank: int, size: int) -> Iterator[tuple[int, list[Document]]]:
    """The place that each global batch ends before, and this rank's part of it, which may be empty.

    Global batches hold the next ``documents`` rows in order of place, from place ``first`` on, or as many as the phase's ``steps``
    leave to each; rank r takes the places that leave r when divided by the number of ranks. All ranks see all places, and so the
    same batches, however rows lie in files.
    """
    mine: list[Document] = []
    seen = 0
    sizes = _list_sizes(phase, first, documents)
    size_now = next(sizes, 0)
    for places, rows in _rows(phase.shards, first):
        at = 0
        while at < len(places):
            part = places[at : at + size_now - seen]
            chosen = rows.slice(at, len(part)).take((part % size == rank).nonzero()[0])
            mine += [Document(**row) for row in chosen.to_pylist()]
            seen, at = seen + len(part), at + len(part)
            if seen == size_now:
                yield int(part[-1]) + 1, mine
                mine, seen, size_now = [], 0, next(sizes, 0)
    if seen:
        yield phase.places, mine


def _list_sizes(phase: Phase, first: int, documents: int) -> Iterator[int]:
    """Rows of each global batch from place ``first`` on, where one begins; a phase of so many ``steps`` has no gaps."""
    if not phase.steps:
        return repeat(documents)
    ends = (at * phase.places // phase.steps for at in range(phase.steps + 1))
    return (end - begin for begin, end in pairwise(end for end in ends if end >= first))


def _rows(place: str, first: int) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
    """Places and rows, some at a time.

    Raises:
        TrainError: they are not in order.
    """
    before = np.array([-1])
    for batch in read_shards(place, COLUMNS, first):
        places = batch.column(0).to_numpy()
        batch, places = batch.slice(at := int((places < first).sum())), places[at:]
        if not len(batch):
            continue
        if (np.diff(places, prepend=before) <= 0).any():
            raise TrainError(f"shards at {place} are not sorted by place; remove the folder and run again")
        before = places[-1:]
        yield places, batch


def read_shards(place: str, columns: Sequence[str], first: int = 0) -> Iterator[pa.RecordBatch]:
    """Rows of one shard after another, some at a time; parts of files whose rows all lie before place ``first`` are passed over."""
    files = open_place(place)
    for path in files.find("", ".parquet"):
        with pq.ParquetFile(open_ahead(files.open(path))) as shard:
            groups = range(shard.num_row_groups)
            left = [number for number in groups if not first or _find_last(shard.metadata.row_group(number)) >= first]
            yield from shard.iter_batches(ROWS, row_groups=left, columns=list(columns), use_threads=False)


def _find_last(group: pq.RowGroupMetaData) -> int:
    """The last place in a part of a shard."""
    columns = (group.column(number) for number in range(group.num_columns))
    return int(next(column for column in columns if column.path_in_schema == "place").statistics.max)
