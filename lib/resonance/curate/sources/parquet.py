"""Parquet files as rows, row group by row group in small batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resonance.core.errors import InputError, StorageError
from resonance.core.objects import is_elsewhere, open_object
from resonance.core.passport import AS_JSON
from resonance.curate.sources.row import (
    Fields,
    Row,
    Unit,
    broken,
    find_twice,
    plain_values,
    quarantine_row,
    read_row,
    refuse_without,
)

BATCH_BYTES = 8 << 20
BATCH_ROWS = 2_000
STREAM_BYTES = 1 << 20


def parquet_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """The rows of the row groups that begin in the unit, numbered from 1 over the whole file; one more for each broken group."""
    try:
        file = pq.ParquetFile(_open(unit.path), buffer_size=STREAM_BYTES, pre_buffer=False)
    except (OSError, pa.ArrowException):
        if unit.start == 0:  # the file's other units would say the same
            raise
        return
    with file:
        if (twice := find_twice(file.schema_arrow.names)) is not None:
            if unit.start == 0:
                yield quarantine_row(unit, None, "broken_file", f"two columns {twice!r}; rename one of them")
            return
        before = 0
        for index in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(index)
            if unit.start <= _begins_at(group) < unit.stop:
                yield from _group_rows(file, index, before, unit, fields)
            before += group.num_rows


def refuse_without_columns(path: str, shown: str, fields: Fields) -> None:
    """Raise InputError unless the file can hold what the settings ask for, or is too broken to say."""
    try:
        schema = pq.read_schema(_open(path))
    except (OSError, pa.ArrowException):
        return
    refuse_without(schema.names, shown, fields)
    kind = schema.field(fields.text).type if fields.one_text else pa.string()
    if not _holds_text(kind):
        raise InputError(f"ingest: column {fields.text!r} of {shown} holds {kind}, not text; set ingest.text_field")


def _open(path: str) -> Any:
    return open_object(path) if is_elsewhere(path) else path


def _begins_at(group: Any) -> int:
    column = group.column(0)
    return int(column.dictionary_page_offset or column.data_page_offset)


def _group_rows(file: Any, index: int, before: int, unit: Unit, fields: Fields) -> Iterator[Row]:
    group, as_json = file.metadata.row_group(index), [f.name for f in file.schema_arrow if _is_json(f)]
    rows = BATCH_BYTES * group.num_rows // max(group.total_byte_size, 1)
    number = before
    try:
        for batch in file.iter_batches(batch_size=max(1, min(rows, BATCH_ROWS)), row_groups=[index]):
            for values in _records(batch):
                number += 1
                yield _row(values, as_json, unit, number, fields)
    except (MemoryError, StorageError):
        raise
    except Exception as error:
        yield broken(unit, error, number + 1)


def _records(batch: Any) -> list[dict[str, Any]]:
    """Rows as dictionaries, strings still as bytes: what is no UTF-8 must cost its own row only."""
    columns = [column.cast(_as_bytes(column.type)) for column in batch.columns]
    values = zip(*map(plain_values, columns), strict=True) if columns else ()
    return [dict(zip(batch.schema.names, row, strict=True)) for row in values]


def _is_json(field: Any) -> bool:
    """Whether an export of ours wrote the values of this column as JSON."""
    return all((field.metadata or {}).get(name.encode()) == value.encode() for name, value in AS_JSON.items())


def _row(values: dict[str, Any], as_json: Sequence[str], unit: Unit, number: int, fields: Fields) -> Row:
    text = values.get(fields.text)
    decoded = {k: v.decode("utf-8", "replace") if isinstance(v, bytes) else v for k, v in values.items()}
    if isinstance(text, bytes):
        try:
            decoded[fields.text] = text.decode()
        except UnicodeDecodeError as error:
            return quarantine_row(unit, number, "invalid_utf8", f"byte {error.start}: {error.reason}")
    decoded |= {name: json.loads(decoded[name]) for name in as_json if decoded[name] is not None}
    return read_row(decoded, unit, number, fields)


def _holds_text(kind: Any) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return _is_string(inner) or pa.types.is_binary(inner) or pa.types.is_large_binary(inner) or pa.types.is_null(inner)


def _as_bytes(kind: Any) -> Any:
    if pa.types.is_dictionary(kind):
        return _as_bytes(kind.value_type)
    return pa.large_binary() if _is_string(kind) else kind


def _is_string(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
