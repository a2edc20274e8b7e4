"""What is exported and read again is what it was: id, text and every field, from JSON lines and Parquet, as often as one likes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance.core.passport import hash_identity
from resonance.core.settings import IngestSettings
from resonance.curate.sources.read import Read
from resonance.curate.sources.row import Fields, Row, Unit
from resonance.runtime.storage.export_rows import COLUMNS, ExportWriter, FieldFinder, complete_schema, merge_schemas

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["url", "date", "score", "tags", "source", "slice", "text_", "doc_id", "meta.data", "Ü"]) | words
ids = st.none() | st.integers(-5, 5) | st.text("abc/:é", min_size=1, max_size=4)
rows = st.lists(st.tuples(ids, words, st.dictionaries(names, values, max_size=4)), min_size=1, max_size=6)


def read(path: Path, format: str) -> list[Row]:
    unit = Unit(str(path), path.name, path.name, format, "", 0, path.stat().st_size, 0)
    return list(Read(Fields.of(IngestSettings())).rows(unit))


def identity(row: Row) -> tuple[str, str, str]:
    """What ``ingest`` makes of a row: its source and key, and its slice."""
    return row.source or "", row.key if row.key is not None else f"main/{row.name}:{row.line}", row.slice or ""


def export(found: list[Row], folder: Path, format: str) -> Path:
    """The file that an export makes of rows as they were read."""
    table: list[dict[str, Any]] = []
    for row in found:
        source, key, part = identity(row)
        known = (hash_identity(source, key), source, key, part, row.text, row.metadata)
        table.append(dict(zip(COLUMNS, known, strict=True)))
    batches = [pa.RecordBatch.from_pylist(table, pa.schema([(name, pa.string()) for name in COLUMNS]))]
    schema = None
    if format == "parquet":
        kinds = [FieldFinder()([batch]) for batch in batches]
        found_kinds = [bytes(part.column(0)[0].as_py()) for parts in kinds for part in parts]
        schema = complete_schema(merge_schemas(pa.ipc.read_schema(pa.py_buffer(kind)) for kind in found_kinds))
        schema = schema.serialize().to_pybytes()
    (written,) = ExportWriter(str(folder), schema)(batches)
    return folder / written.column("file")[0].as_py()


def said(row: Row) -> tuple[Any, ...]:
    """A row without what a column of Parquet cannot tell: a field that is null from none, a number among texts as an id."""
    own = {name: value for name, value in json.loads(row.metadata or "{}").items() if value is not None}
    return (*identity(row), row.text, {name: value for name, value in own.items() if name != "id" or str(value) != row.key})


@pytest.mark.parametrize("format", ["json", "parquet"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(given=rows)
def test_a_round_trip_changes_nothing(tmp_path: Path, format: str, given: list[tuple[Any, str, dict[str, Any]]]) -> None:
    source = tmp_path / "part-0.jsonl"
    lines = [{"text": text, **own} | ({} if id is None else {"id": id}) for id, text, own in given]
    source.write_text("".join(json.dumps({k: v for k, v in line.items() if k != "resonance"}) + "\n" for line in lines))
    first = [row for row in read(source, "json") if row.rule is None]
    file, trip = source, first
    for _ in range(2):
        file = export(trip, tmp_path / "out", format) if trip else file
        before, trip = trip, read(file, format) if trip else trip
        assert [row.rule for row in trip] == [None] * len(before)
        assert list(map(said, trip)) == list(map(said, before))
        if format == "json":
            assert [json.loads(row.metadata or "{}") for row in trip] == [json.loads(row.metadata or "{}") for row in before]


def test_own_fields_come_back_beside_id_and_text(tmp_path: Path) -> None:
    line = {"id": 7, "text": "t", "url": "u", "source": "s", "messages": [{"role": "user", "content": "Hi"}], "score": None}
    (tmp_path / "a.jsonl").write_text(json.dumps(line))
    back = json.loads(export(read(tmp_path / "a.jsonl", "json"), tmp_path / "out", "json").read_text())
    assert back.pop("resonance")["source_key"] == "7"
    assert back == line


def test_a_passport_that_is_not_that_of_its_document_is_a_field_like_others(tmp_path: Path) -> None:
    wrong = {"doc_id": "0" * 32, "source": "files", "source_key": "a", "slice": "files"}
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "b", "text": "t", "resonance": wrong}))
    (row,) = read(tmp_path / "a.jsonl", "json")
    assert (row.key, row.whole_key, json.loads(row.metadata or "")) == ("b", None, {"resonance": wrong})
