"""CSV files are read as another reader reads them; what is broken costs its own rows, and says where."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from pathlib import Path

import pyarrow.csv as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.errors import InputError
from resonance.core.settings import IngestSettings
from resonance.curate.sources.csv import BARE_RETURN, _replace_returns, refuse_without_header
from resonance.curate.sources.readers import READERS
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())


def read(path: Path, codec: str = "", fields: Fields = FIELDS) -> list[Row]:
    format = "tsv" if ".tsv" in path.suffixes else "csv"
    return list(READERS[format].rows(Unit(str(path), path.name, path.name, format, codec, 0, path.stat().st_size, 0), fields))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), min_size=1, max_size=6))
def test_cells_are_those_of_another_reader(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("text", "note"), *rows])
    parse = oracle.ParseOptions(newlines_in_values=True)
    convert = oracle.ConvertOptions(column_types={"text": "string", "note": "string"}, strings_can_be_null=False)
    expected = oracle.read_csv(path, parse_options=parse, convert_options=convert).to_pylist()
    assert [{"text": row.text, **json.loads(row.metadata or "{}")} for row in read(path)] == expected


def test_a_record_is_numbered_by_the_line_that_it_begins_in(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,text\na,"one\ntwo"\n\nb,three\nc,four,five\nd\n')
    assert [(row.line, row.key, row.text, row.rule, row.detail) for row in read(path)] == [
        (2, "a", "one\ntwo", None, None),
        (5, "b", "three", None, None),
        (6, None, None, "invalid_csv", "3 values for 2 fields"),
        (7, None, None, "invalid_csv", "1 values for 2 fields"),
    ]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "gb18030"])
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_end_with_returns_newlines_or_both(tmp_path: Path, end: str, codec: str) -> None:
    path = tmp_path / "rows.csv"
    rows = [f'{number},"第 {number} 段文字, ""一句""\n又一句"' for number in range(9_000)]
    path.write_bytes(end.join(['"id\nof it","text"', *rows, ""]).encode(codec))
    assert [(row.text, row.rule) for row in read(path)] == [
        (f'第 {number} 段文字, "一句"\n又一句', None) for number in range(len(rows))
    ]


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), min_size=1, max_size=6), st.data())
def test_returns_end_lines_wherever_pieces_of_the_file_end(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r").writerows(rows)
    content = made.getvalue().encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    pieces = [content[a:b] for a, b in itertools.pairwise([0, *cuts, len(content)])]
    assert b"".join(_replace_returns(iter(pieces))) == content.replace(b"\r", b"\n")


def test_a_return_among_other_lines_costs_its_row_or_where_fields_are_named_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text\na\rb\nc\n", newline="")
    assert [(row.line, row.text, row.rule, row.detail) for row in read(path)] == [
        (2, None, "invalid_csv", BARE_RETURN),
        (3, "c", None, None),
    ]
    path.write_text('"te"xt\na\n')
    said = "the line that names the fields cannot be read: misplaced quotes: ',' expected after '\"'"
    assert [(row.line, row.rule, row.detail) for row in read(path)] == [(1, "broken_file", said)]


def test_tabs_marks_of_byte_order_and_compressed_files(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_bytes("\ufefftext\tid\nsome, text\tx\n".encode())
    assert [(row.text, row.key) for row in read(tmp_path / "rows.tsv")] == [("some, text", "x")]
    (tmp_path / "rows.tsv.gz").write_bytes(gzip.compress(b"text\nsmall\n"))
    assert [row.text for row in read(tmp_path / "rows.tsv.gz", "gzip")] == ["small"]
    (tmp_path / "wide.csv").write_bytes("text\n文本\n".encode("utf-16"))
    assert [row.text for row in read(tmp_path / "wide.csv")] == ["文本"]


def test_a_line_without_end_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text\n" + b"x" * 99)
    small = Fields.of(IngestSettings(max_text_bytes=50))
    with pytest.raises(OSError, match="line 2 has 99 bytes"):
        read(path, fields=small)


def test_quotes_that_never_close_end_the_file_where_they_open(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,text\na,one\nb,"two\nc,three\nd,four\n')
    first, cut = read(path)
    assert (first.text, cut.rule, cut.line, (cut.detail or "")[:17]) == ("one", "invalid_csv", 3, "quotes that open ")


def test_misplaced_quotes_cost_their_own_record(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,text\na,one\nb,"he said "hi" to me"\nc,three\n')
    found = read(path)
    assert [(row.line, row.text, row.rule) for row in found] == [(2, "one", None), (3, None, "invalid_csv"), (4, "three", None)]
    assert (found[1].detail or "").startswith("misplaced quotes: ")


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis", "utf-16"])
def test_encodings_are_found_and_recorded(tmp_path: Path, encoding: str) -> None:
    text = "プログラムを書いて、公園を散歩しました。" if encoding == "shift_jis" else "今天在公園裡散步, 學習語言需要時間。" * 3
    path = tmp_path / "rows.csv"
    path.write_bytes(f'id,text\na,"{text}"\n'.encode(encoding))
    (row,) = read(path)
    said = json.loads(row.metadata or "{}")
    assert (row.text, said["encoding"], "encoding_unsure" in said) == (
        text,
        "utf-16-le" if encoding == "utf-16" else encoding,
        False,
    )


def test_bytes_that_are_no_letters_cost_their_own_record(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"id,text\n" + "".join(f"{n},数据和模型\n" for n in range(20)).encode() + b"x,bad \xff\ny,good\n")
    found = read(path)
    assert [row.rule for row in found] == [None] * 20 + ["invalid_utf8", None]
    assert (found[20].line, found[20].detail) == (22, "it holds what is no letter of utf-8")


@pytest.mark.parametrize(
    ("head", "says"),
    [("id,body", "has no column 'text' among id, body"), ("text,text", "has two columns 'text'; rename one of them")],
)
def test_a_header_without_the_fields_is_refused(tmp_path: Path, head: str, says: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{head}\na,b\n")
    with pytest.raises(InputError, match=says):
        refuse_without_header(str(path), "rows.csv", FIELDS)


def test_two_fields_of_one_name_are_a_broken_file_where_no_look_came_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"text,text\na,b\n"))
    assert [(row.rule, row.detail) for row in read(path, "gzip")] == [("broken_file", "two columns 'text'; rename one of them")]
