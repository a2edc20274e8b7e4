"""How a rank reads its documents: from Parquet shards that are sorted by place, streamed, one global batch after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resonance.core.errors import TrainError
from resonance.train.spec import Phase

COLUMNS = ("place", "epoch", "pos", "copy", "doc_id", "weight", "prompt", "text", "label")


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


def global_batches(phase: Phase, first: int, documents: int, rank: int, size: int) -> Iterator[list[Document]]:
    """This rank's part of each global batch from place ``first`` to the end: a list for each batch, empty where it has none.

    Global batch g holds the places from g * documents on; rank r takes the places that leave r when divided by the number
    of ranks. Neither depends on where rows lie in files, and the number of lists is equal on all ranks.
    """
    rows = _rows(phase.shards, first, rank, size)
    row = next(rows, None)
    for last in range(first + documents, phase.places + documents, documents):
        mine = []
        while row is not None and row.place < last:
            mine.append(row)
            row = next(rows, None)
        yield mine


def _rows(folder: Path, first: int, rank: int, size: int) -> Iterator[Document]:
    import pyarrow.dataset as ds

    before = -1
    source = ds.dataset(folder, format="parquet")
    for batch in source.to_batches(columns=list(COLUMNS), filter=ds.field("place") >= first, batch_size=1_000, use_threads=False):
        places = batch.column(0).to_numpy()
        for row in batch.take((places % size == rank).nonzero()[0]).to_pylist():
            if row["place"] <= before:
                raise TrainError(f"shards at {folder} are not sorted by place; remove the folder and run again")
            before = row["place"]
            yield Document(**row)
