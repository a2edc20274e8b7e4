import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonance.core.errors import InputError
from resonance.core.settings import IngestSettings
from resonance.curate.sources.parquet import parquet_rows, refuse_without_columns
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())


def read(path: Path, start: int = 0, stop: int | None = None) -> list[Row]:
    stop = path.stat().st_size if stop is None else stop
    return list(parquet_rows(Unit(str(path), path.name, path.name, "parquet", "", start, stop, 0), FIELDS))


def test_rows_come_with_number_id_and_metadata(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, None], "text": ["a", None, "ü"], "tags": [["x"], [], None], "score": [1.5, float("nan"), None]})
    pq.write_table(table, tmp_path / "a.parquet")
    first, second, third = read(tmp_path / "a.parquet")
    assert (first.key, first.text, first.line) == ("1", "a", 1)
    assert json.loads(first.metadata or "") == {"id": 1, "tags": ["x"], "score": 1.5}
    assert (second.rule, second.line) == ("missing_text", 2)
    assert (third.key, third.text, third.line) == (None, "ü", 3)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())])
def test_text_may_be_any_kind_of_string(tmp_path: Path, kind: pa.DataType) -> None:
    pq.write_table(pa.table({"text": pa.array(["a", "b"]).cast(kind)}), tmp_path / "a.parquet")
    assert [row.text for row in read(tmp_path / "a.parquet")] == ["a", "b"]


def test_bytes_that_are_no_utf8_cost_their_row_only(tmp_path: Path) -> None:
    texts = pa.Array.from_buffers(pa.string(), 3, pa.array([b"ok", b"\xff\xfe", b"fine"]).buffers())
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    assert [(row.text, row.rule) for row in read(tmp_path / "a.parquet")] == [
        ("ok", None),
        (None, "invalid_utf8"),
        ("fine", None),
    ]


def test_ranges_share_out_row_groups_once(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"text {n}" for n in range(100)]}), path, row_group_size=10)
    for step in (50, 333, 10_000):
        size = path.stat().st_size
        found = [row for start in range(0, size, step) for row in read(path, start, min(start + step, size))]
        assert [(row.line, row.text) for row in found] == [(n + 1, f"text {n}") for n in range(100)]


def test_a_broken_row_group_is_one_reject_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"text {n}" for n in range(30)]}), path, row_group_size=10, use_dictionary=False)
    begins = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[begins : begins + 40] = bytes(40)
    path.write_bytes(data)
    rows = read(path)
    assert [row.line for row in rows if row.rule is None] == [*range(1, 11), *range(21, 31)]
    assert [(row.rule, row.line) for row in rows if row.rule] == [("broken_file", 11)]


def test_a_file_without_footer_is_broken_once(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and then nothing of use")
    with pytest.raises((OSError, pa.ArrowException)):
        read(path)
    assert read(path, 10) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"text_field": "body"}, "no column 'body' among id, text; set ingest.text_field"),
        ({"slice_field": "topic"}, "set ingest.slice_field"),
        ({"text_field": "id"}, "holds int64, not text"),
    ],
)
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    pq.write_table(pa.table({"id": [1], "text": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=says):
        refuse_without_columns(str(tmp_path / "a.parquet"), "a.parquet", Fields.of(IngestSettings.model_validate(settings)))


def test_what_python_has_no_object_for_is_read_as_text(tmp_path: Path) -> None:
    far = pa.array([0, 1_714_564_800_000_000, None], pa.timestamp("ms"))  # the year 56303
    deep = pa.array([{"day": 0}, {"day": 10**9}, None], pa.struct({"day": pa.date32()}))
    pq.write_table(pa.table({"text": ["a", "b", "c"], "crawled": far, "deep": deep}), tmp_path / "a.parquet")
    rows = read(tmp_path / "a.parquet")
    assert [(row.text, row.rule) for row in rows] == [("a", None), ("b", None), ("c", None)]
    first, second, third = (json.loads(row.metadata or "{}") for row in rows)
    assert first == {"crawled": "1970-01-01 00:00:00", "deep": {"day": "1970-01-01"}}
    assert "1714564800000000" in second["crawled"]
    assert third == {}


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(twice, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet has two columns 'text'; rename one of them"):
        refuse_without_columns(str(tmp_path / "a.parquet"), "a.parquet", FIELDS)
    assert [(row.rule, row.detail) for row in read(tmp_path / "a.parquet")] == [
        ("broken_file", "two columns 'text'; rename one of them")
    ]
