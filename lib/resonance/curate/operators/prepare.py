"""The one pass over raw texts: cleans each and measures it, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from resonance.curate.operators.language import language_of
from resonance.curate.operators.quality import quality_of
from resonance.curate.operators.text import clean_text

if TYPE_CHECKING:
    from pyarrow import RecordBatch

PIECE_BYTES = 16 << 20


class Prepared(NamedTuple):
    """What the pass adds to a row; all null where there was no text, all but ``cleaned`` where none is left."""

    cleaned: str | None = None
    n_chars: int | None = None
    n_bytes: int | None = None
    n_words: int | None = None
    mean_word_length: float | None = None
    hash_ratio: float | None = None
    ellipsis_ratio: float | None = None
    bullet_line_ratio: float | None = None
    end_ellipsis_line_ratio: float | None = None
    alpha_word_ratio: float | None = None
    stop_words: int | None = None
    language: str | None = None
    language_score: float | None = None


def prepare(text: str | None) -> Prepared:
    """What the pass says about one text."""
    cleaned = clean_text(text or "")
    if not cleaned:
        return Prepared(None if text is None else "")
    return Prepared(cleaned, len(cleaned), len(cleaned.encode()), *quality_of(cleaned), *language_of(cleaned))


TYPES = {str: (pa.string(), T.StringType()), int: (pa.int32(), T.IntegerType()), float: (pa.float64(), T.DoubleType())}
KINDS = (str, int, int, int, float, float, float, float, float, float, int, str, float)


@dataclass(frozen=True)
class Prepare:
    """Adds the cleaned text, its lengths, Gopher's quality signals and the language. One Python pass, no shuffle."""

    name: str = "prepare"
    version: int = 1
    reads: tuple[str, ...] = ("text",)
    adds: tuple[str, ...] = Prepared._fields

    def __call__(self, rows: DataFrame) -> DataFrame:
        """``rows`` with what ``prepare`` says about each text."""
        added = [T.StructField(name, TYPES[kind][1]) for name, kind in zip(self.adds, KINDS, strict=True)]
        return rows.mapInArrow(_prepare, T.StructType([*rows.schema, *added]))


def _prepare(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    for batch in batches:
        for piece in _pieces(batch):
            found = zip(*map(prepare, piece.column("text").to_pylist()), strict=True)
            added = [pa.array(column, TYPES[kind][0]) for column, kind in zip(found, KINDS, strict=True)]
            yield pa.RecordBatch.from_arrays([*piece.columns, *added], names=[*piece.schema.names, *Prepared._fields])


def _pieces(batch: RecordBatch) -> Iterator[RecordBatch]:
    """The batch in pieces of bounded bytes, so that few texts are Python objects at a time."""
    start = size = 0
    for row, length in enumerate(pc.binary_length(batch.column("text")).to_pylist()):
        size += length or 0
        if size >= PIECE_BYTES:
            yield batch.slice(start, row + 1 - start)
            start, size = row + 1, 0
    if start < batch.num_rows:
        yield batch.slice(start)
