"""Documents as rows for other tools: id, text, and every field that the row came with, written by workers as they stream by."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resonance.core.errors import InputError
from resonance.core.objects import is_elsewhere, parse_address, put_new
from resonance.core.passport import AS_JSON, FIELD, OWN, Passport

STEP = 500
"""Rows that are Python objects at a time."""
MOST_FIELDS = 1_000
COLUMNS = ("doc_id", "source", "source_key", "slice", "text", "metadata")
WRITTEN = "file string, rows bigint, first string"
KINDS = "kinds binary"
EXACT = 1 << 53
"""Whole numbers below it are numbers with a fraction too."""


Mask = Callable[[Sequence[str | None]], Sequence[str | None]]
"""Texts without persons and secrets."""


LEAST = 1_000_000
"""Numbers below it are nobody's."""


def mask_fields(own: dict[str, Any], mask: Mask) -> dict[str, Any]:
    """The fields of a row with what names persons masked in texts, in whole numbers and in names of fields, at any depth.

    A value is read alone, and again behind the name of its field, which may say what it is. A number that is masked becomes a text;
    that of the field ``id`` stays, as the row is known by it. Of two names that are masked alike the second has a number.
    """
    said = list(dict.fromkeys(_list_texts(own)))
    masked = {text: after or "" for text, after in zip(said, mask(said), strict=True)}
    id = {"id": own["id"]} if "id" in own and not isinstance(own["id"], str) else {}
    held: dict[str, Any] = _replace_texts(own, "", masked)
    return held | id


def _read_leaf(value: Any, name: str) -> tuple[str, str] | None:
    """What a value says alone, and behind its name; None of one that says nothing of anybody."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or (isinstance(value, int) and abs(value) < LEAST):
        return None
    return str(value), f"{name}: {value}"


def _list_texts(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner, each in value.items():
            yield inner
            yield from _list_texts(each, inner)
    elif isinstance(value, list):
        for each in value:
            yield from _list_texts(each, name)
    elif leaf := _read_leaf(value, name):
        yield from leaf


def _replace_texts(value: Any, name: str, masked: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_replace_texts(each, name, masked) for each in value]
    if isinstance(value, dict):
        held: dict[str, Any] = {}
        for inner, each in value.items():
            known, number = masked[inner], 2
            while known in held:
                known, number = f"{masked[inner]}_{number}", number + 1
            held[known] = _replace_texts(each, inner, masked)
        return held
    leaf = _read_leaf(value, name)
    if leaf is None:
        return value
    alone, named = leaf
    if masked[alone] == alone and masked[named].startswith(lead := f"{name}: "):
        after = masked[named][len(lead) :]
    else:
        after = masked[alone]
    return value if after == alone else after


def make_row(row: Mapping[str, Any], mask: Mask | None = None) -> dict[str, Any]:
    """A row of ``COLUMNS`` as it leaves: its own fields stand beside id and text, and ``resonance`` says which document it is."""
    own = json.loads(row["metadata"] or "{}")
    own = own if mask is None else mask_fields(own, mask)
    passport = Passport(row["doc_id"], row["source"], row["source_key"], row["slice"])
    id = own.pop("id", None)
    fields = {f"{name}_" if name in OWN else name: value for name, value in own.items()}
    return {"id": row["source_key"] if id is None else id, "text": row["text"], **fields, FIELD: passport._asdict()}


def find_kind(value: Any) -> pa.DataType | None:
    """The Arrow type of a JSON value; None where it has none of its own."""
    if value is None:
        return pa.null()
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return pa.int64() if abs(value) < EXACT else None
    if isinstance(value, float):
        return pa.float64()
    if isinstance(value, str):
        return pa.string()
    if isinstance(value, list):
        inner = reduce(merge_kinds, map(find_kind, value), pa.null())
        return None if inner is None else pa.list_(inner)
    kinds = {name: find_kind(inner) for name, inner in value.items()}
    return pa.struct(kinds) if kinds and None not in kinds.values() else None


def merge_kinds(one: pa.DataType | None, other: pa.DataType | None) -> pa.DataType | None:
    """The type that holds the values of both and gives them back; None where there is none."""
    if one is None or other is None:
        return None
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    if pa.types.is_list(one) and pa.types.is_list(other):
        inner = merge_kinds(one.value_type, other.value_type)
        return None if inner is None else pa.list_(inner)
    if pa.types.is_struct(one) and pa.types.is_struct(other) and [f.name for f in one] == [f.name for f in other]:
        kinds = {f.name: merge_kinds(f.type, g.type) for f, g in zip(one, other, strict=True)}
        return pa.struct(kinds) if None not in kinds.values() else None
    return None


def merge_schemas(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """One schema of all fields, in the order in which they are met.

    Raises:
        InputError: there are more than ``MOST_FIELDS``.
    """
    kinds: dict[str, pa.DataType | None] = {}
    for schema in schemas:
        for field in schema:
            kind = None if field.metadata else field.type
            kinds[field.name] = merge_kinds(kinds.get(field.name, pa.null()), kind)
    if len(kinds) > MOST_FIELDS:
        raise InputError(f"export: rows have {len(kinds):,} different fields, too many for columns; use the format jsonl")
    return pa.schema([_field(name, kind) for name, kind in kinds.items()])


def complete_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of an export whose fields are these: id and text first, and no column of nulls alone."""
    kinds = {"id": pa.string(), "text": pa.string(), **dict(zip(schema.names, schema.types, strict=True))}
    marked = {field.name for field in schema if field.metadata}
    kinds["id"] = kinds["id"] if kinds["id"] == pa.int64() else pa.string()
    named = dict.fromkeys(Passport._fields, pa.string())
    fields = [_field(name, None if name in marked and name != "id" else _replace_null(kind)) for name, kind in kinds.items()]
    return pa.schema([field for field in fields if field.name != FIELD] + [pa.field(FIELD, pa.struct(named))])


def _field(name: str, kind: pa.DataType | None) -> pa.Field:
    return pa.field(name, pa.string(), metadata=AS_JSON) if kind is None else pa.field(name, kind)


def _replace_null(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_replace_null(kind.value_type))
    return pa.struct({f.name: _replace_null(f.type) for f in kind}) if pa.types.is_struct(kind) else kind


@dataclass(frozen=True)
class FieldFinder:
    """A kernel that tells the fields of rows of ``COLUMNS``, masked as they leave."""

    mask: Mask | None = None

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The schema of the rows, in bytes: one row for each part of the documents."""
        kinds: dict[str, pa.DataType | None] = {}
        for row in _rows(batches, self.mask):
            for name, value in row.items():
                kinds[name] = merge_kinds(kinds.get(name, pa.null()), find_kind(value))
        found = pa.schema([_field(name, kind) for name, kind in kinds.items()])
        yield pa.record_batch({"kinds": pa.array([found.serialize().to_pybytes()], pa.binary())})


@dataclass(frozen=True)
class ExportWriter:
    """A kernel that leaves rows of ``COLUMNS`` in a file or object of its own below ``folder``, and yields one row for it.

    A task that is tried again leaves two files; only the one that was told of counts.

    Args:
        schema: the columns of a Parquet file, in bytes; JSON lines where there is none.
        mask: masks the rows' own fields, where their texts are masked.
    """

    folder: str
    schema: bytes | None
    mask: Mask | None = None

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The name of the file, how many rows it has, and the doc_id of the first."""
        rows = _rows(batches, self.mask)
        first = next(rows, None)
        if first is None:
            return
        name = uuid.uuid4().hex
        if is_elsewhere(self.folder):
            with tempfile.TemporaryDirectory(prefix="resonance-") as folder:
                count = self._write(Path(folder, name), first, rows)
                put_new(parse_address(f"{self.folder}/{name}"), Path(folder, name))
        else:
            Path(self.folder).mkdir(parents=True, exist_ok=True)
            count = self._write(Path(self.folder, name), first, rows)
        yield pa.record_batch({"file": [name], "rows": pa.array([count], pa.int64()), "first": [first[FIELD]["doc_id"]]})

    def _write(self, path: Path, first: dict[str, Any], rows: Iterator[dict[str, Any]]) -> int:
        return self._write_lines(path, first, rows) if self.schema is None else self._write_columns(path, first, rows)

    def _write_lines(self, path: Path, first: dict[str, Any], rows: Iterator[dict[str, Any]]) -> int:
        count = 0
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for row in chain((first,), rows):
                file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
        return count

    def _write_columns(self, path: Path, first: dict[str, Any], rows: Iterator[dict[str, Any]]) -> int:
        schema = pa.ipc.read_schema(pa.py_buffer(self.schema))
        as_json = [field.name for field in schema if field.metadata]
        count, held = 0, []
        with pq.ParquetWriter(path, schema) as file:
            for row in chain((first,), rows):
                said = {name: json.dumps(row[name], ensure_ascii=False) for name in as_json if row.get(name) is not None}
                id = row["id"] if pa.types.is_int64(schema.field("id").type) else _as_text(row["id"])
                held.append({**row, **said, "id": id})
                if len(held) == STEP:
                    file.write_batch(pa.RecordBatch.from_pylist(held, schema=schema))
                    count, held = count + len(held), []
            if held:
                file.write_batch(pa.RecordBatch.from_pylist(held, schema=schema))
        return count + len(held)


def _as_text(id: Any) -> str:
    return id if isinstance(id, str) else json.dumps(id, ensure_ascii=False, sort_keys=True)


def _rows(batches: Iterable[Any], mask: Mask | None = None) -> Iterator[dict[str, Any]]:
    for batch in batches:
        for start in range(0, batch.num_rows, STEP):
            yield from (make_row(row, mask) for row in batch.slice(start, STEP).to_pylist())
