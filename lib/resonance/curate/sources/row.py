"""What every reader yields: a row with its text, or a row that says which rule cut it and where it stood; and what a task reads."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame

from resonance.core.errors import InputError
from resonance.core.expression import NO_MORE, Hidden
from resonance.core.frames import map_batches
from resonance.core.passport import OWN, Passport, find_passport
from resonance.core.settings import IngestSettings, TaskSettings
from resonance.curate.identity import hashes
from resonance.curate.sources.example import Flaw, example_of
from resonance.curate.sources.quoted import READ, hide_in_detail

if TYPE_CHECKING:
    from pyarrow import RecordBatch

ROW_SCHEMA = (
    "source string, key string, name string, path string, line bigint, slice string, text string, metadata string, "
    "rule string, value double, threshold double, detail string, whole_key boolean, text_hash binary"
)
BATCH_BYTES = 4 << 20
BATCH_ROWS = 2_000
USUAL_IDS = ("id", "url")
LANGUAGE = TaskSettings()
SURROGATE = re.compile("[\ud800-\udfff]")


class Reading(NamedTuple):
    """What is to be read: a frame of small rows that say where, and what makes batches in ``ROW_SCHEMA`` of batches of them;
    ``weigh`` tells the bytes that a batch of small rows leads to.

    They are apart so that one Python pass can read and do what comes next: texts then cross to Python and back once.
    """

    units: DataFrame
    read: Callable[[Iterable[Any]], Iterator[Any]]
    weigh: Callable[[Any], int] | None = None

    def rows(self) -> DataFrame:
        """The rows, in ``ROW_SCHEMA``."""
        return map_batches(self.units, self.read, ROW_SCHEMA, self.weigh)


class Unit(NamedTuple):
    """A range of bytes of one file. ``name`` is relative to the input, ``shown`` is as the user gave it.

    ``fault`` says why it cannot be read, where that is known before it is opened.
    """

    path: str
    name: str
    shown: str
    format: str
    codec: str
    start: int
    stop: int
    before: int
    fault: str = ""


class Row(NamedTuple):
    """One row as read. ``key`` is its own id, else null; ``rule`` says why it was cut, else null.

    ``whole_key`` is set where the key is that of a document which we exported: no batch or file is put before it.
    """

    source: str | None
    key: str | None
    name: str
    path: str
    line: int | None
    slice: str | None
    text: str | None
    metadata: str | None = None
    rule: str | None = None
    value: float | None = None
    threshold: float | None = None
    detail: str | None = None
    whole_key: bool | None = None


@dataclass(frozen=True)
class Fields:
    """Which fields of a row hold what, what a row must teach, and what no reason may quote."""

    text: str
    id: str | None
    source: str | None
    slice: str | None
    default_source: str
    max_bytes: int
    task: TaskSettings = LANGUAGE
    id_scope: str = "source"
    hidden: Hidden = NO_MORE

    @property
    def one_text(self) -> bool:
        """Whether one field holds the text; else it is put together from those of the example."""
        return self.task.kind != "instruction"

    @classmethod
    def of(cls, settings: IngestSettings, task: TaskSettings = LANGUAGE, hidden: Hidden = NO_MORE) -> Fields:
        """The fields that the settings name."""
        return cls(
            text=settings.text_field,
            id=settings.id_field,
            source=settings.source_field,
            slice=settings.slice_field,
            default_source=settings.source,
            max_bytes=settings.max_text_bytes,
            task=task,
            id_scope=settings.id_scope,
            hidden=hidden,
        )


def refuse_without(columns: Sequence[str], shown: str, fields: Fields) -> None:
    """Raise InputError unless all columns are there that the settings name, and each name is there once."""
    if (twice := find_twice(columns)) is not None:
        raise InputError(f"ingest: {shown} has two columns {twice!r}; rename one of them")
    asked = {"text_field": fields.text if fields.one_text else None, "id_field": fields.id, "source_field": fields.source}
    for setting, name in (asked | {"slice_field": fields.slice}).items():
        if name is not None and name not in columns:
            raise InputError(f"ingest: {shown} has no column {name!r} among {', '.join(columns)}; set ingest.{setting}")


def arrow_schema(schema: str) -> pa.Schema:
    """The Arrow schema of flat columns that Spark names as ``name type, …``."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in (field.split() for field in schema.split(", "))])


def row_of(values: dict[str, Any], unit: Unit, line: int | None, fields: Fields) -> Row:
    """A row from the named values of one record; all but its text and id becomes metadata.

    An id that is no text, or whose field is not called ``id``, is in the metadata too, so that an export gives it back. So are the
    fields that source and slice are read from. A row that we exported is the document that its passport names.
    """
    passport = find_passport(values)
    if passport is not None:
        return _restore_row(values, passport, unit, line, fields)
    names = ", ".join(sorted(values))
    example = example_of(values, fields.task, fields.hidden)
    text = values.pop(fields.text, None) if fields.one_text else "" if isinstance(example, Flaw) else example.text
    if not isinstance(text, str):
        held = "is null or missing" if text is None else f"holds {type(text).__name__}"
        return quarantine_row(unit, line, "missing_text", f"field {fields.text!r} {held} among: {names}")
    if isinstance(example, Flaw):
        return quarantine_row(unit, line, *example)
    id_field = fields.id or next((f for f in USUAL_IDS if _word(values.get(f))), None)
    key = _word(values.get(id_field)) if id_field else None
    if id_field == "id" and isinstance(values.get("id"), str) and fields.id_scope == "source":
        values.pop("id")
    if fields.id and key is None:
        return quarantine_row(unit, line, "missing_id", f"field {fields.id!r} is null or missing among: {names}")
    own_source = _word(values.get(fields.source)) if fields.source else None
    own_slice = _word(values.get(fields.slice)) if fields.slice else None
    rest = json_of(_drop_nulls(values, unit))
    if (size := _size(text, rest, fields.max_bytes)) > fields.max_bytes:
        return too_long(unit, line, size, fields)
    source = own_source or fields.default_source
    return Row(
        source=source,
        key=key,
        name=unit.name,
        path=unit.shown,
        line=line,
        slice=own_slice or own_source or top_folder(unit.name) or source,
        text=valid(text),
        metadata=rest,
    )


def _restore_row(values: dict[str, Any], passport: Passport, unit: Unit, line: int | None, fields: Fields) -> Row:
    """The row of a document that comes back: its fields are as it had them before it was exported."""
    own = _drop_nulls({name: value for name, value in values.items() if name not in OWN}, unit)
    if values.get("id") not in (None, passport.source_key):
        own = {"id": values["id"], **own}
    example = example_of(own, fields.task, fields.hidden)
    if isinstance(example, Flaw):
        return quarantine_row(unit, line, *example)
    text, rest = values.get("text") if fields.one_text else example.text, json_of(own)
    if not isinstance(text, str):
        return quarantine_row(unit, line, "missing_text", "field 'text' of an exported row holds no text")
    if (size := _size(text, rest, fields.max_bytes)) > fields.max_bytes:
        return too_long(unit, line, size, fields)
    row = Row(passport.source, passport.source_key, unit.name, unit.shown, line, passport.slice, valid(text), rest)
    return row._replace(whole_key=True)


def _drop_nulls(values: dict[str, Any], unit: Unit) -> dict[str, Any]:
    """The fields of a row: in a Parquet file, a column that is null for the row is none of them."""
    return {name: value for name, value in values.items() if value is not None or unit.format != "parquet"}


def _size(text: str, metadata: str | None, limit: int) -> int:
    """Bytes of the text, or length of the metadata; they are counted only where four a character may pass the limit."""
    exact = text.isascii() or 4 * len(text) <= limit
    return max(len(text) if exact else len(text.encode("utf-8", "replace")), len(metadata or ""))


def read_row(values: dict[str, Any], unit: Unit, line: int | None, fields: Fields) -> Row:
    """``row_of``, and a row with the rule ``unreadable`` where foreign data raises what nobody foresaw."""
    try:
        return row_of(values, unit, line, fields)
    except MemoryError:
        raise
    except Exception as error:
        return quarantine_row(unit, line, "unreadable", f"{_name(error)} while its fields were read")


def plain_values(column: Any) -> list[Any]:
    """The values of an Arrow column as Python objects; what has no such object, as a date beyond the year 9999, as Arrow's text."""
    try:
        values: list[Any] = column.to_pylist()
    except MemoryError:
        raise
    except Exception:
        return [_plain_value(value) for value in column]
    return values


def _plain_value(value: Any) -> Any:
    try:
        return value.as_py()
    except MemoryError:
        raise
    except Exception:
        kind = value.type
        if pa.types.is_struct(kind):
            return {field.name: _plain_value(value[field.name]) for field in kind}
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return plain_values(value.values)
        return str(value.cast(pa.string(), safe=False)) if pa.types.is_date(kind) or pa.types.is_timestamp(kind) else f"<{kind}>"


def find_twice(names: Sequence[str]) -> str | None:
    """The first name that comes twice; None where none does."""
    return next((name for place, name in enumerate(names) if name in names[:place]), None)


def quarantine_row(unit: Unit, line: int | None, rule: str, detail: str) -> Row:
    """A row that no text could be read from. The detail may quote what was read: ``in_batches`` hides and shortens it."""
    return Row(None, None, unit.name, unit.shown, line, None, None, rule=rule, detail=detail[:READ])


def too_long(unit: Unit, line: int | None, size: int, fields: Fields) -> Row:
    """A row whose bytes pass the limit."""
    row = quarantine_row(unit, line, "too_long", "more bytes than ingest.max_text_bytes")
    return row._replace(value=float(size), threshold=float(fields.max_bytes))


def broken(unit: Unit, error: Exception, line: int | None = None) -> Row:
    """The one row that stands for what could not be read of a file, or from a line of it on."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    if not isinstance(error, OSError | pa.ArrowException):  # what it says may be a part of a text
        said = f"{_name(error)} while it was read"
    if "too much memory" in said:
        said += "; it was compressed with a window of more than 2 GB: compress it again with --long=31 or less"
    return quarantine_row(unit, line, "broken_file", said)


def _name(error: Exception) -> str:
    """What an error is called; one that is called error and no more, by its module too: ``csv.Error``."""
    kind = type(error)
    return f"{kind.__module__.strip('_')}.{kind.__name__}" if kind.__name__.lower() == "error" else kind.__name__


def top_folder(name: str) -> str | None:
    """The first folder of a relative name, None where there is none."""
    return name.split("/", 1)[0] if "/" in name else None


def valid(text: str) -> str:
    """``text`` with lone surrogates, which UTF-8 cannot hold, as U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATE.sub("\ufffd", text)
    return text


def json_of(values: Mapping[str, Any]) -> str | None:
    """``values`` as strict JSON; null for none. Numbers that JSON lacks become null."""
    if not values:
        return None
    try:
        said = json.dumps(values, ensure_ascii=False, allow_nan=False, default=_plain)
    except (ValueError, TypeError):
        said = json.dumps(_finite(values), ensure_ascii=False, allow_nan=False, default=_plain)
    return valid(said)


def _word(value: Any) -> str | None:
    """An id, source or slice as text, without NUL; None where it says nothing."""
    if value is None or isinstance(value, float) and not math.isfinite(value):
        return None
    said = value if isinstance(value, str) else json.dumps(_finite(value), ensure_ascii=False, sort_keys=True, default=_plain)
    return valid(said).replace("\0", "\ufffd") or None


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value


def in_batches(rows: Iterable[Row], hidden: Hidden = NO_MORE) -> Iterator[RecordBatch]:
    """``rows`` as Arrow batches of bounded bytes, so that none nears the 2 GB that a string column can hold.

    Details are hidden and shortened here, where all rows pass: nothing that is looked for in texts gets into a table by them.
    """
    held: list[Row] = []
    size = 0
    for row in rows:
        held.append(row if row.detail is None else row._replace(detail=hide_in_detail(valid(row.detail), hidden)))
        size += len(row.text or "") + len(row.metadata or "")
        if size >= BATCH_BYTES or len(held) >= BATCH_ROWS:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: list[Row]) -> RecordBatch:
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), _ROWS.types[:-1], strict=True)]
    return pa.RecordBatch.from_arrays([*columns, hashes(columns[_ROWS.get_field_index("text")])], schema=_ROWS)


_ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "binary": pa.binary(),
    "boolean": pa.bool_(),
}
_ROWS = arrow_schema(ROW_SCHEMA)
