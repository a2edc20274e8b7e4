"""The one pass over raw texts: cleans each, measures it by the signal sets asked for, and rewrites it where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from resonance.curate.signals import MEASURED, TYPES

if TYPE_CHECKING:
    from pyarrow import Array, RecordBatch

PIECE_BYTES = 16 << 20
HASH_BYTES = 16

TEXT = {
    "cleaned": T.StringType(),
    "n_chars": T.IntegerType(),
    "n_bytes": T.IntegerType(),
    "content_hash": T.BinaryType(),
    "cleaned_hash": T.BinaryType(),
    "edits": T.ArrayType(
        T.StructType(
            [T.StructField("rule", T.StringType()), T.StructField("start", T.IntegerType()), T.StructField("end", T.IntegerType())]
        )
    ),
}
"""What the pass says of each text besides its signals."""
EDITS = pa.list_(pa.struct({"rule": pa.string(), "start": pa.int32(), "end": pa.int32()}))
NUMBERS = {"int": T.IntegerType(), "double": T.DoubleType(), "string": T.StringType()}


@dataclass(frozen=True)
class Prepare:
    """Puts in place of ``text`` what is stored of it: the cleaned text, rewritten where asked, its hashes, edits and signals.

    Each signal set is one column of its name. All is null where there is no text left after cleaning, but for ``cleaned``,
    which then is empty. One Python pass, no shuffle; the raw text does not come back from it.
    """

    sets: tuple[str, ...] = ("basics",)
    rewrite: str = "none"
    name: str = "prepare"
    version: int = 2
    reads: tuple[str, ...] = ("text",)

    @property
    def adds(self) -> tuple[str, ...]:
        """The columns that take the place of ``text``."""
        return (*TEXT, *self.sets)

    def __call__(self, rows: DataFrame) -> DataFrame:
        """``rows`` with these columns."""
        kept = [field for field in rows.schema.fields if field.name != "text"]
        said = [T.StructField(name, kind) for name, kind in TEXT.items()]
        sets = [T.StructField(name, _kind(name)) for name in self.sets]
        return rows.mapInArrow(_passing(self.sets, self.rewrite), T.StructType([*kept, *said, *sets]))


def _kind(name: str) -> T.StructType:
    columns = (signal.column for signal in MEASURED[name])
    return T.StructType([T.StructField(column, NUMBERS[TYPES.get(column, "double")]) for column in columns])


def _passing(sets: tuple[str, ...], rewrite: str) -> Callable[[Iterable[Any]], Iterator[Any]]:
    def prepared(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        for batch in batches:
            rest = batch.drop_columns(["text"])
            for start, size in _pieces(batch.column("text")):
                said = prepare(batch.column("text").slice(start, size), sets, rewrite)
                kept = rest.slice(start, size)
                yield pa.RecordBatch.from_arrays([*kept.columns, *said.values()], names=[*kept.schema.names, *said])

    return prepared


def prepare(texts: Array, sets: tuple[str, ...], rewrite: str = "none") -> dict[str, Array]:
    """What the pass says about an Arrow array of texts, by column."""
    from resonance.curate.kernels.profiles import profile
    from resonance.curate.kernels.tidy import tidy

    cleaned = tidy(texts)
    measured = pc.if_else(pc.equal(pc.binary_length(cleaned), 0), pa.scalar(None, cleaned.type), cleaned)
    stored, edits = _rewritten(measured, rewrite)
    hashes = _hashes(measured)
    return {
        "cleaned": stored.fill_null(""),
        "n_chars": pc.utf8_length(stored),
        "n_bytes": pc.binary_length(stored),
        "content_hash": hashes if stored is measured else _hashes(stored),
        "cleaned_hash": hashes,
        "edits": edits,
        **{name: profile(name).measure(measured).to_struct_array() for name in sets},
    }


def _rewritten(texts: Array, rewrite: str) -> tuple[Array, Array]:
    if rewrite == "none":
        return texts, pa.nulls(len(texts), EDITS)
    from resonance.curate.kernels import c4_lines

    stored, edits = c4_lines.rewrite(texts)
    return stored, edits.cast(EDITS)


def _hashes(texts: Array) -> Array:
    """First 128 bits of sha256 of each text: what ``identity.content_hash`` says of a column."""
    from resonance.curate.kernels.scan import spans

    data, starts, ends = spans(texts)
    view = memoryview(data.data)
    digests = [sha256(view[start:end]).digest()[:HASH_BYTES] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return pa.array(digests, pa.binary(), mask=texts.is_null().to_numpy(zero_copy_only=False))


def _pieces(texts: Array) -> Iterator[tuple[int, int]]:
    """Start and size of pieces of bounded bytes, so that few texts are Python objects at a time."""
    start = size = 0
    for row, length in enumerate(pc.binary_length(texts).to_pylist()):
        size += length or 0
        if size >= PIECE_BYTES:
            yield start, row + 1 - start
            start, size = row + 1, 0
    if start < len(texts):
        yield start, len(texts) - start
