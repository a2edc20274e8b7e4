"""A JSON file is read as what it is: lines, one object, several or an array; each fault costs its row or names where it begins."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.settings import IngestSettings
from resonance.core.sources import find_files
from resonance.curate.sources.encodings import HEAD_BYTES
from resonance.curate.sources.json import json_file_rows, may_split
from resonance.curate.sources.lines import json_rows
from resonance.curate.sources.read import plan_units
from resonance.curate.sources.readers import READERS
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())
SMALL = Fields.of(IngestSettings(max_text_bytes=1_000))


def unit(path: Path, codec: str = "") -> Unit:
    return Unit(str(path), path.name, path.name, "json", codec, 0, path.stat().st_size, 0)


def read(path: Path, content: bytes, fields: Fields = FIELDS, codec: str = "") -> list[Row]:
    path.write_bytes(gzip.compress(content) if codec else content)
    return list(READERS["json"].rows(unit(path, codec), fields))


def told(rows: list[Row]) -> list[tuple[int | None, str | None, str | None]]:
    return [(row.line, row.text, row.rule) for row in rows]


A_BAD_C = ((1, "a"), (2, None), (3, "c"))
TEXTS = st.lists(st.text(max_size=12).filter(lambda text: not set(text) & {"\0"}), min_size=1, max_size=6)


@given(texts=TEXTS, indent=st.sampled_from([None, 0, 2]), form=st.sampled_from(["lines", "array", "values"]))
def test_the_same_objects_are_the_same_rows_in_every_form(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], indent: int | None, form: str
) -> None:
    objects: list[dict[str, Any]] = [{"text": text, "more": [{"text": "}"}, ["\\", 1]]} for text in texts]
    inner = None if form == "lines" else indent
    said = [json.dumps(one, indent=inner, ensure_ascii=False) for one in objects]
    content = json.dumps(objects, indent=indent, ensure_ascii=False) if form == "array" else "\n".join(said)
    rows = read(tmp_path_factory.mktemp("json") / "rows.json", content.encode("utf-8", "surrogatepass"))
    whole = [text.encode("utf-8", "ignore") == text.encode("utf-8", "replace") for text in texts]
    assert [row.line for row in rows] == list(range(1, len(texts) + 1))
    assert [row.text for row, sound in zip(rows, whole, strict=True) if sound] == [
        text for text, sound in zip(texts, whole, strict=True) if sound
    ]
    assert all(json.loads(row.metadata or "{}").get("more") for row in rows if row.rule is None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("codec", ["", "gzip"])
@pytest.mark.parametrize("array", [True, False])
def test_encodings_are_found_and_said(tmp_path: Path, encoding: str, codec: str, array: bool) -> None:
    texts = ["我们今天学习如何把文字保存在文件里。" * 5_000, "数据和模型互相调整"]
    objects = [{"text": text} for text in texts[: None if array else 1]]
    content = json.dumps(objects if array else objects[0], indent=2, ensure_ascii=False).encode(encoding)
    rows = read(tmp_path / "rows.json", content, codec=codec)
    assert [row.text for row in rows] == [one["text"] for one in objects]
    names = {"utf-16": "utf-16-le", "utf-16-be": "utf-16-be", "gb18030": "gb18030"}
    assert {json.loads(row.metadata or "{}").get("encoding") for row in rows} == {names.get(encoding)}


def test_bytes_of_no_letter_cost_their_own_row(tmp_path: Path) -> None:
    at = len(b'{\n "text": "')
    for encoding in ("utf-8", "gb18030"):
        whole = [json.dumps({"text": text}, indent=1, ensure_ascii=False) for text in ("前面的文字", "坏的文字", "后面的文字")]
        parts = [text.encode(encoding) for text in whole]
        parts[1] = parts[1].replace("坏".encode(encoding), b"\xff")
        rows = read(tmp_path / "rows.json", b"[" + b",\n".join(parts) + b"]")
        assert told(rows) == [(1, "前面的文字", None), (2, None, "invalid_utf8"), (3, "后面的文字", None)]
        assert rows[1].detail == f"value that begins in line 4, byte {at}: invalid start byte"


@pytest.mark.parametrize(
    ("content", "rows", "said"),
    [
        ('[\n{"text": "a"},\n{"text": b},\n{"text": "c"}\n]', [*A_BAD_C], "line 3, column 10: Expecting value"),
        ('[\n{"text": "a"},\n7,\n{"text": "c"}]', [*A_BAD_C], "not an object; objects are asked for; it begins in line 3"),
        ('[{"text": "a"},\n{"text": "b"', [(1, "a"), (2, None)], "the value that begins in line 2 does not end"),
        ('[{"text": "a"}', [(1, "a"), (2, None)], "the array that begins in line 1 does not end"),
        ('{\n"text": "a",\n"more": [', [(1, None)], "the value that begins in line 1 does not end"),
        ('{\n"text": "a"\n}\n}\n{"text": "b"}', [(1, "a"), (2, None), (3, "b")], "line 4, column 1: Expecting value"),
        ('{\n"text": "a",\n"text": "b"\n}', [(1, None)], "key 'text' stands there twice, with two values"),
        ("[1, 2, 3]", [(None, None)], "an array that does not begin with an object; each row is one"),
        ('["text", "a"]', [(None, None)], "an array that does not begin with an object; each row is one"),
        ("[" * 200_000, [(1, None)], "the value that begins in line 1 does not end"),
        ('[{"text": "a", "n": ' + "[" * 90_000 + "]" * 90_000 + "}]", [(1, None)], "nested too deep"),
    ],
)
def test_each_fault_costs_its_row_and_says_where(
    tmp_path: Path, content: str, rows: list[tuple[int | None, str | None]], said: str
) -> None:
    found = read(tmp_path / "rows.json", content.encode())
    assert [(row.line, row.text) for row in found] == rows
    (bad,) = (row for row in found if row.rule)
    assert bad.rule == "invalid_json"
    assert said in (bad.detail or "")


def test_a_long_object_is_measured_and_those_beside_it_are_read(tmp_path: Path) -> None:
    long = {"text": "x" * 5_000}
    array = json.dumps([{"text": "a"}, long, {"text": "b"}], indent=1)
    for content in (array, '{\n"text":"a"}\n' + json.dumps(long) + '{"text": "b"}'):
        rows = read(tmp_path / "rows.json", content.encode(), SMALL)
        assert told(rows) == [(1, "a", None), (2, None, "too_long"), (3, "b", None)]
        assert (rows[1].value or 0) >= 5_000


def test_an_object_without_text_is_one_row_however_many_it_holds(tmp_path: Path) -> None:
    (row,) = read(tmp_path / "rows.json", json.dumps({"data": [{"text": "a"}] * 9, "version": 1}, indent=1).encode())
    assert (row.rule, row.detail) == ("missing_text", "field 'text' is null or missing among: data, version")


def test_what_holds_nothing_has_no_rows(tmp_path: Path) -> None:
    assert [read(tmp_path / "rows.json", content) for content in (b"", b" \n", b"[]", b"[ \n]")] == [[]] * 4


def test_a_stream_that_breaks_keeps_the_rows_before(tmp_path: Path) -> None:
    noise = random.Random(0)
    rows = [{"text": f"{n} {noise.random()}"} for n in range(5_000)]
    path = tmp_path / "rows.json.gz"
    whole = gzip.compress(json.dumps(rows, indent=1).encode())
    path.write_bytes(whole[: len(whole) // 2])
    found: list[Row] = []
    with pytest.raises(OSError, match="Truncated compressed stream"):
        found.extend(json_file_rows(unit(path, "gzip"), FIELDS))
    assert len(found) > 1_000
    assert [row.text for row in found] == [row["text"] for row in rows[: len(found)]]


@pytest.mark.parametrize(
    "lines",
    [
        [b'{"text": "a"}', b'{"text": "b"}'],
        [b'{"text": ', b'{"text": "b"}'],
        [b"", b'{"text": "a", "n": {"m": 1}}', b"no", b'{"text": "b"}'],
        [b'{"text": "a"}'],
    ],
)
def test_json_lines_are_read_as_such(tmp_path: Path, lines: list[bytes]) -> None:
    path = tmp_path / "rows.json"
    assert read(path, b"\n".join(lines)) == list(json_rows(unit(path), FIELDS))
    assert may_split(str(path))


def test_lines_longer_than_what_is_looked_at_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    lines = [json.dumps({"text": "x" * (HEAD_BYTES + 9)}).encode(), b'{"text": "b"}']
    assert [len(row.text or "") for row in read(path, b"\n".join(lines))] == [HEAD_BYTES + 9, 1]
    long = json.dumps({"more": ["y" * 99] * 9_000, "text": "c"}, indent=1).encode()
    assert [row.text for row in read(path, long)] == ["c"]


def test_only_lines_are_read_in_ranges(tmp_path: Path) -> None:
    rows = [{"text": str(n)} for n in range(50)]
    (tmp_path / "array.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "wide.json").write_bytes("".join(json.dumps(row) + "\n" for row in rows).encode("utf-16"))
    (tmp_path / "lines.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    units = {file.name: list(plan_units(file, 100)) for file in find_files([str(tmp_path)])}
    assert (len(units["array.json"]), len(units["wide.json"])) == (1, 1)
    assert len(units["lines.json"]) > 1
    first = [row.text for part in units["lines.json"][:2] for row in READERS["json"].rows(part, FIELDS)]
    assert first == [row["text"] for row in rows[: len(first)]]
