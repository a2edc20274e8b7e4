"""The one pass over raw texts: cleans each, measures it by the signal sets asked for, and rewrites it where that is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from resonance.core.frames import map_batches, parse_schema
from resonance.core.languages import ALL, Languages
from resonance.core.scorer import load_scorer
from resonance.core.settings import ScorerFile
from resonance.core.signal import SignalSet
from resonance.curate.identity import hashes
from resonance.curate.signals import BASICS, DATATROVE, PERPLEXITY, PRIVACY, QUALITY, SETS
from resonance.curate.signals.datatrove import measure_and_rewrite
from resonance.curate.signals.privacy import Masking, measure_and_mask
from resonance.curate.sources.row import ROW_SCHEMA, Reading

if TYPE_CHECKING:
    from pyarrow import Array, RecordBatch

PIECE_BYTES = 4 << 20
NO_MASKING = Masking()

TEXT = {
    "cleaned": T.StringType(),
    "n_chars": T.IntegerType(),
    "n_bytes": T.IntegerType(),
    "content_hash": T.BinaryType(),
    "cleaned_hash": T.BinaryType(),
    "edits": T.ArrayType(
        T.StructType()
        .add("rule", T.StringType())
        .add("starts", T.ArrayType(T.IntegerType()))
        .add("ends", T.ArrayType(T.IntegerType()))
        .add("characters", T.IntegerType())
    ),
    "spans": T.ArrayType(
        T.StructType()
        .add("type", T.StringType())
        .add("starts", T.ArrayType(T.IntegerType()))
        .add("ends", T.ArrayType(T.IntegerType()))
    ),
}
"""What the pass says of each text besides its signals."""
PLACES = pa.list_(pa.int32())
SPANS = pa.list_(pa.struct({"type": pa.string(), "starts": PLACES, "ends": PLACES}))
EDITS = pa.list_(pa.struct({"rule": pa.string(), "starts": PLACES, "ends": PLACES, "characters": pa.int32()}))
TYPES = {"int": T.IntegerType(), "double": T.DoubleType(), "string": T.StringType()}
BY_NAME = {declared.name: declared for declared in SETS}


@dataclass(frozen=True)
class Prepare:
    """Puts in place of ``text`` what is stored of it: the cleaned text, rewritten where asked, its hashes, edits and signals.

    Each signal set is one column of its name; ``quality`` is measured of the text as it is stored, the others before rewriting,
    ``privacy`` before masking too. A set that ``languages`` names is measured of texts in these languages, which ``basics`` tells,
    and is null for others.
    All is null where there is no text left after cleaning, but for ``cleaned``, which then is empty. One Python pass, no shuffle;
    the raw text does not come back from it.
    """

    sets: tuple[str, ...] = (BASICS.name,)
    rewrite: str = "none"
    head_words: int = 1_000
    scorers: tuple[tuple[str, ScorerFile], ...] = ()
    masking: Masking = NO_MASKING
    languages: tuple[tuple[str, Languages], ...] = ()

    @property
    def adds(self) -> tuple[str, ...]:
        """The columns that take the place of ``text``."""
        return (*TEXT, *self.sets, QUALITY.name)

    def __call__(self, rows: DataFrame) -> DataFrame:
        """``rows`` with these columns."""
        return map_batches(rows, self.batches, self._schema(rows.schema))

    def reading(self, sources: Reading) -> DataFrame:
        """The same of rows that are yet to be read, in the pass that reads them."""
        read, own = sources.read, self.batches
        return map_batches(sources.units, lambda units: own(read(units)), self._schema(parse_schema(ROW_SCHEMA)), sources.weigh)

    def batches(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """The pass itself, on a worker: the same rows in batches of bounded bytes."""
        for batch in batches:
            rest = batch.drop_columns(["text"])
            for start, size in _pieces(batch.column("text")):
                texts = batch.column("text").slice(start, size)
                said = prepare(texts, self.sets, self.rewrite, self.head_words, self.scorers, self.masking, self.languages)
                kept = rest.slice(start, size)
                yield pa.RecordBatch.from_arrays([*kept.columns, *said.values()], names=[*kept.schema.names, *said])

    def _schema(self, given: T.StructType) -> T.StructType:
        kept = [field for field in given.fields if field.name != "text"]
        said = [T.StructField(name, kind) for name, kind in TEXT.items()]
        sets = [T.StructField(name, _kind(BY_NAME[name])) for name in (*self.sets, QUALITY.name)]
        return T.StructType([*kept, *said, *sets])


def _kind(declared: SignalSet) -> T.StructType:
    return T.StructType([T.StructField(name, TYPES[kind]) for name, kind in declared.types.items()])


def prepare(
    texts: Array,
    sets: tuple[str, ...],
    rewrite: str = "none",
    head_words: int = 1_000,
    scorers: tuple[tuple[str, ScorerFile], ...] = (),
    masking: Masking = NO_MASKING,
    languages: tuple[tuple[str, Languages], ...] = (),
) -> dict[str, Array]:
    """What the pass says about an Arrow array of texts, by column. What is masked is masked before all else reads it."""
    from resonance.curate.kernels.text.tidy import tidy

    cleaned = tidy(texts)
    whole = pc.if_else(pc.equal(pc.binary_length(cleaned), 0), pa.scalar(None, cleaned.type), cleaned)
    private, spans, measured = _masked(whole, masking, sets)
    stored, edits, known = _rewritten(measured, rewrite, sets)
    known |= private
    hashed = hashes(measured)
    by: dict[str, tuple[Any, ...]] = {name: (load_scorer(file.path, file.name), file.name) for name, file in scorers}
    only, found = dict(languages), dict(known)
    for name in sets:
        if name not in found:
            spoken, given, read = _get_languages(found), by.get(name, ()), only.get(name, ALL)
            if given and name == PERPLEXITY.name and read.are_all and spoken is not None:
                given = (*given, spoken)
            found[name] = _measure_spoken(BY_NAME[name], measured, given, read, spoken)
    compressed = found[BASICS.name].field("compression_ratio") if stored is measured and BASICS.name in found else None
    return {
        "cleaned": stored.fill_null(""),
        "n_chars": pc.utf8_length(stored),
        "n_bytes": pc.binary_length(stored),
        "content_hash": hashed if stored is measured else hashes(stored),
        "cleaned_hash": hashed,
        "edits": edits,
        "spans": spans,
        **{name: found[name] for name in sets},
        QUALITY.name: QUALITY.measure(stored, head_words, compressed),
    }


def _get_languages(found: Mapping[str, Array]) -> Array | None:
    """The language of each text, where it was measured."""
    return found[BASICS.name].field("language") if BASICS.name in found else None


def _measure_spoken(declared: SignalSet, texts: Array, by: tuple[Any, ...], languages: Languages, spoken: Array | None) -> Array:
    """The signals of texts in some languages, null for others; of all where it is not known which each is in."""
    if languages.are_all or spoken is None:
        return declared.measure(texts, *by)
    held = pc.fill_null(pc.is_in(spoken, pa.array(languages.named, pa.string())), False)
    chosen = pc.xor(held, languages.others)
    if pc.all(chosen).as_py():
        return declared.measure(texts, *by)
    places = pc.if_else(chosen, pc.subtract(pc.cumulative_sum(chosen.cast(pa.int32())), 1), pa.scalar(None, pa.int32()))
    return declared.measure(texts.filter(chosen), *by).take(places)


def _masked(texts: Array, masking: Masking, sets: tuple[str, ...]) -> tuple[dict[str, Array], Array, Array]:
    """The signals of the set ``privacy`` where it is measured, the places of what it found, and the texts without that."""
    if PRIVACY.name not in sets and masking.mode == "none" and not masking.names:
        return {}, pa.nulls(len(texts), SPANS), texts
    signals, spans, masked = measure_and_mask(texts, masking)
    return {PRIVACY.name: signals}, spans, masked


def _rewritten(texts: Array, rewrite: str, sets: tuple[str, ...]) -> tuple[Array, Array, dict[str, Array]]:
    """Texts as they are stored, what was cut from them, and the signals of sets that are measured in the same reading."""
    if rewrite == "none":
        return texts, pa.nulls(len(texts), EDITS), {}
    if DATATROVE.name in sets:
        signals, stored, edits = measure_and_rewrite(texts)
        return stored, edits.cast(EDITS), {DATATROVE.name: signals}
    from resonance.curate.kernels.datatrove import c4_lines

    stored, edits = c4_lines.rewrite(texts)
    return stored, edits.cast(EDITS), {}


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
