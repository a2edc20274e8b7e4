"""Rows leave as they came: whatever JSON they hold is read back from lines and from columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance.core.errors import InputError
from resonance.core.passport import FIELD, find_passport, hash_identity
from resonance.core.settings import CleanSettings
from resonance.curate.signals.privacy import choose_mask
from resonance.runtime.storage.export_rows import (
    MOST_FIELDS,
    STEP,
    ExportWriter,
    FieldFinder,
    complete_schema,
    find_kind,
    make_row,
    mask_fields,
    merge_kinds,
    merge_schemas,
)

NAMES = st.sampled_from(["a", "b", "id", "text", "n é"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3), max_leaves=6
)
FIELDS = st.dictionaries(NAMES, VALUES, max_size=4)


def document(key: str, text: str = "some text", fields: Any = None) -> dict[str, Any]:
    """A row of the documents that are exported."""
    metadata = None if fields is None else json.dumps(fields)
    return {
        "doc_id": hash_identity("s", key),
        "source": "s",
        "source_key": key,
        "slice": "s/x",
        "text": text,
        "metadata": metadata,
    }


def make_batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in document("k")]))


def write(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> Path:
    writer = ExportWriter(str(folder), None if schema is None else schema.serialize().to_pybytes())
    (told,) = writer(iter([make_batch(rows)]))
    assert told.to_pylist()[0]["rows"] == len(rows)
    assert told.to_pylist()[0]["first"] == rows[0]["doc_id"]
    return folder / told.to_pylist()[0]["file"]


def find_schema(rows: list[dict[str, Any]]) -> pa.Schema:
    """The schema of an export, each row looked at by another worker."""
    parts = [next(FieldFinder()([make_batch([row])])).to_pylist()[0]["kinds"] for row in rows]
    return complete_schema(merge_schemas(pa.ipc.read_schema(pa.py_buffer(part)) for part in parts))


def read_columns(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file; JSON columns parsed."""
    table = pq.read_table(path)
    marked = {field.name for field in table.schema if field.metadata}
    return [{n: json.loads(v) if n in marked and v is not None else v for n, v in row.items()} for row in table.to_pylist()]


def without_nulls(value: Any) -> Any:
    """A value without the fields that are null: a column has no other word for those that a row does not have."""
    return {name: without_nulls(inner) for name, inner in value.items() if inner is not None} if isinstance(value, dict) else value


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_columns_hold_what_the_rows_held(tmp_path: Path, given: list[dict[str, Any]]) -> None:
    rows = [document(str(n), fields=fields) for n, fields in enumerate(given)]
    for row, found in zip(rows, read_columns(write(tmp_path, rows, find_schema(rows))), strict=True):
        expected = make_row(row)
        if not isinstance(found["id"], int) and not isinstance(expected["id"], str):
            expected["id"] = json.dumps(expected["id"], ensure_ascii=False, sort_keys=True)
        assert without_nulls(found) == without_nulls(expected)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_lines_hold_what_the_rows_held(tmp_path: Path, given: list[dict[str, Any]]) -> None:
    rows = [document(str(n), fields=fields) for n, fields in enumerate(given)]
    lines = write(tmp_path, rows).read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [make_row(row) for row in rows]


@given(VALUES, VALUES)
def test_a_merged_type_gives_both_values_back_whichever_came_first(one: Any, other: Any) -> None:
    kinds = find_kind(one), find_kind(other)
    merged = merge_kinds(*kinds)
    assert merged == merge_kinds(*reversed(kinds))
    if merged is not None:
        assert pa.array([one, other], merged).to_pylist() == [one, other]


def test_whole_numbers_that_no_float_holds_leave_as_json(tmp_path: Path) -> None:
    large = 2**53 + 1
    rows = [document("a", fields={"n": large}), document("b", fields={"n": 0.5})]
    assert [row["n"] for row in read_columns(write(tmp_path, rows, find_schema(rows)))] == [large, 0.5]


def test_a_row_keeps_its_id_and_fields_of_our_names_step_aside() -> None:
    row = make_row(document("k", "the text", {"id": 7, "text": "another", FIELD: {"mine": 1}}))
    assert (row["id"], row["text"], row["text_"], row[f"{FIELD}_"]) == (7, "the text", "another", {"mine": 1})
    assert make_row(document("k"))["id"] == "k"
    passport = find_passport(row)
    assert passport is not None
    assert (passport.source, passport.source_key, passport.doc_id) == ("s", "k", hash_identity("s", "k"))


def test_ids_of_several_kinds_are_texts_and_numbers_alone_stay_numbers(tmp_path: Path) -> None:
    numbers = [document(str(n), fields={"id": n}) for n in (1, 2)]
    assert [row["id"] for row in read_columns(write(tmp_path, numbers, find_schema(numbers)))] == [1, 2]
    mixed = [*numbers, document("c", fields={"id": "x"})]
    assert [row["id"] for row in read_columns(write(tmp_path, mixed, find_schema(mixed)))] == ["1", "2", "x"]


def test_rows_are_written_in_steps_and_none_twice(tmp_path: Path) -> None:
    rows = [document(str(n), fields={"n": n}) for n in range(2 * STEP + 1)]
    found = read_columns(write(tmp_path, rows, find_schema(rows[:1])))
    assert [row["n"] for row in found] == list(range(2 * STEP + 1))


def test_no_rows_leave_no_file(tmp_path: Path) -> None:
    assert list(ExportWriter(str(tmp_path / "out"), None)(iter([make_batch([])]))) == []
    assert not (tmp_path / "out").exists()


def test_more_fields_than_columns_can_be_are_refused_with_what_to_do() -> None:
    schemas = [pa.schema([(f"f{n}", pa.string())]) for n in range(MOST_FIELDS + 1)]
    assert len(merge_schemas(schemas[:-1])) == MOST_FIELDS
    with pytest.raises(InputError, match="1,001 different fields, too many for columns; use the format jsonl"):
        merge_schemas(schemas)


def test_numbers_and_names_of_fields_are_masked_at_any_depth() -> None:
    mask = choose_mask(CleanSettings(mask="placeholders"))
    assert mask is not None
    given = {
        "id": 13912345678,
        "phone": 13912345678,
        "tel": [2025550143.0, "2025550143"],
        "password": "aB3xY9zQ1kLm88",
        "n": 2025550143,
        "small": 7,
        "share": 0.5,
        "ok": True,
        "none": None,
        "to": {"a@b.com": 1, "c@d.com": {"card": 4012888888881881}},
        "13912345679": "x",
    }
    assert mask_fields(given, mask) == {
        "id": 13912345678,
        "phone": "<PHONE>",
        "tel": ["<PHONE>", "<PHONE>"],
        "password": "<SECRET>",
        "n": 2025550143,
        "small": 7,
        "share": 0.5,
        "ok": True,
        "none": None,
        "to": {"<EMAIL>": 1, "<EMAIL>_2": {"card": "<BANK_CARD>"}},
        "<PHONE>": "x",
    }


@given(FIELDS)
def test_fields_that_name_nobody_stay(fields: dict[str, Any]) -> None:
    assert repr(mask_fields(fields, list)) == repr(fields)
