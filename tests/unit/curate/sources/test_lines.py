import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import assume, given
from hypothesis import strategies as st

from resonance.core.settings import IngestSettings
from resonance.core.sources import find_files
from resonance.curate.sources import row
from resonance.curate.sources.json import json_file_rows
from resonance.curate.sources.lines import count_line_starts, is_wide, json_rows, lines
from resonance.curate.sources.read import plan_units
from resonance.curate.sources.row import Fields, Unit, in_batches


def as_line(text: object) -> bytes:
    return json.dumps({"text": text}).encode()


FIELDS = Fields.of(IngestSettings())


def unit(path: Path, start: int = 0, stop: int | None = None, before: int = 0, codec: str = "", format: str = "jsonl") -> Unit:
    stop = path.stat().st_size if stop is None else stop
    return Unit(str(path), path.name, f"in/{path.name}", format, codec, start, stop, before)


@given(data=st.binary(max_size=300).map(lambda b: b.replace(b"\x01", b"\n")), size=st.integers(1, 7), limit=st.integers(0, 40))
def test_lines_are_those_of_split_and_long_ones_are_only_measured(data: bytes, size: int, limit: int) -> None:
    stream = [data[i : i + size] for i in range(0, len(data), size)]
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert list(lines(stream, limit)) == [(line if len(line) <= limit else None, len(line)) for line in expected]


@given(texts=st.lists(st.text("ab", max_size=9), max_size=12), step=st.integers(1, 60), ends=st.booleans())
def test_ranges_share_out_all_lines_once_with_their_numbers(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], step: int, ends: bool
) -> None:
    path = tmp_path_factory.mktemp("ranges") / "rows.jsonl"
    path.write_bytes(b"\n".join(json.dumps({"text": t}).encode() for t in texts) + (b"\n" if ends else b""))
    size = path.stat().st_size
    found, before = [], 0
    for start in range(0, max(size, 1), step):
        part = unit(path, start, min(start + step, size), before)
        found += [(row.line, row.text) for row in json_rows(part, FIELDS)]
        before += count_line_starts(part)
    assert found == list(enumerate(texts, 1))


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b'{"text": "good"}', None),
        (b'\xef\xbb\xbf{"text": "marked"}', None),
        (b'{"text": "half \\ud800 pair"}', None),
        (b'{"text": "nul \\u0000"}', None),
        (b'{"text": "n", "x": NaN}', None),
        (b'{"text": "bad \xff"}', "invalid_utf8"),
        (b'{"text": ', "invalid_json"),
        (b"[1, 2]", "invalid_json"),
        (b"[" * 200_000, "invalid_json"),
        (b'{"text": "x", "n": ' + b"9" * 5_000 + b"}", "invalid_json"),
        (b'{"text": null}', "missing_text"),
        (b'{"body": "x"}', "missing_text"),
        (b'{"text": 7}', "missing_text"),
        (b'{"text": "' + b"x" * 2_000_000 + b'"}', "too_long"),
    ],
)
def test_each_line_is_a_row_or_is_cut_by_its_rule(tmp_path: Path, line: bytes, rule: str | None) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(line + b'\n\n  \n{"text": "next"}')
    first, after = json_rows(unit(path), small(1_000_000))
    assert (first.rule, first.line, first.path) == (rule, 1, "in/rows.jsonl")
    assert (first.text is None) == (rule is not None)
    assert (after.text, after.line) == ("next", 4)
    (first.text or "").encode()
    json.loads(first.metadata or "{}", parse_constant=pytest.fail)


@given(rows=st.lists(st.one_of(st.binary(max_size=30), st.text(max_size=20).map(as_line), st.just(as_line(None))), min_size=1))
def test_whatever_the_bytes_every_line_is_one_row(tmp_path_factory: pytest.TempPathFactory, rows: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("bytes") / "rows.jsonl"
    path.write_bytes(b"\n".join(rows))
    assume(not is_wide(str(path)))
    found = list(json_rows(unit(path), small(25)))
    held = [(n, line) for n, line in enumerate(path.read_bytes().split(b"\n"), 1) if line.strip()]
    assert [row.line for row in found] == [n for n, _ in held]
    assert all((row.text is None) == (row.rule is not None) for row in found)
    assert sum(batch.num_rows for batch in in_batches(found)) == len(held)


def small(limit: int) -> Fields:
    return Fields.of(IngestSettings(max_text_bytes=limit))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("codec", ["", "gzip"])
def test_lines_in_utf_16_are_decoded(tmp_path: Path, encoding: str, codec: str) -> None:
    texts = ["Grüße", "文" * 200_000, "🙂"]
    data = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\r\n" for text in texts).encode(encoding)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(data) if codec else data)
    assert [(row.line, row.text) for row in json_rows(unit(path, codec=codec), FIELDS)] == list(enumerate(texts, 1))


@pytest.mark.parametrize("codec", ["", "gzip"])
def test_files_with_a_byte_order_mark_that_were_joined_are_read(tmp_path: Path, codec: str) -> None:
    data = b"".join(b"\xef\xbb\xbf" + b"".join(as_line(f"{file} {n}") + b"\n" for n in range(3)) for file in range(3))
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(data) if codec else data)
    expected = [f"{file} {n}" for file in range(3) for n in range(3)]
    assert [row.text for row in json_rows(unit(path, codec=codec), FIELDS)] == expected
    if not codec:
        half = len(data) // 2
        rows = [*json_rows(unit(path, 0, half), FIELDS), *json_rows(unit(path, half, len(data)), FIELDS)]
        assert [row.text for row in rows] == expected


@pytest.mark.parametrize("format", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("pack", "says"),
    [
        (gzip.compress, "gzip packed, which its name does not say: end it in .gz"),
        (zstandard.compress, "zstd packed, which its name does not say: end it in .zst"),
        (bz2.compress, "bzip2 packed: unpack it"),
        (lzma.compress, "xz packed: unpack it"),
        (lambda data: b"PK\3\4" + data, "zip packed: unpack it"),
    ],
)
def test_a_packed_file_that_is_not_called_so_is_one_row(
    tmp_path: Path, pack: Callable[[bytes], bytes], says: str, format: str
) -> None:
    path = tmp_path / "rows.jsonl"
    data = pack(b"".join(as_line(str(n * 7919 % 104729)) + b"\n" for n in range(9_000)))
    path.write_bytes(data)
    read = json_rows if format == "jsonl" else json_file_rows
    (row,) = read(unit(path, format=format), FIELDS)
    assert (row.line, row.rule, row.detail) == (None, "broken_file", f"it holds what {says}")
    assert list(read(unit(path, 9, len(data), format=format), FIELDS)) == []


def test_a_large_file_in_utf_16_is_one_unit(tmp_path: Path) -> None:
    (tmp_path / "wide.jsonl").write_bytes("".join(f'{{"text": "{n}"}}\n' for n in range(50)).encode("utf-16"))
    (tmp_path / "plain.jsonl").write_text("".join(f'{{"text": "{n}"}}\n' for n in range(50)))
    files = {file.name: file for file in find_files([str(tmp_path)])}
    assert len(list(plan_units(files["wide.jsonl"], 100))) == 1
    assert len(list(plan_units(files["plain.jsonl"], 100))) > 1


def write_lines(path: Path, texts: list[str], encoding: str) -> None:
    path.write_bytes("\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts).encode(encoding))


TEXTS = ["联通", "我们今天学习如何把文字保存在文件里。", "ASCII", "数据和模型互相调整"]


def test_lines_of_gb18030_are_read_and_say_so_whatever_the_ranges(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_lines(path, TEXTS * 9, "gb18030")
    whole = list(json_rows(unit(path), FIELDS))
    assert [row.text for row in whole] == TEXTS * 9
    assert [row.metadata for row in whole[:3]] == ['{"encoding": "gb18030"}', '{"encoding": "gb18030"}', None]
    half, before = path.stat().st_size // 2, unit(path, 0, path.stat().st_size // 2)
    parts = [*json_rows(before, FIELDS), *json_rows(unit(path, half, before=count_line_starts(before)), FIELDS)]
    assert parts == whole


def test_one_line_of_gb18030_among_utf_8_is_read_and_other_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({"text": f"数据 {n}"}, ensure_ascii=False).encode() for n in range(60)]
    chinese = json.dumps({"text": "数据和模型", "encoding": "mine"}, ensure_ascii=False).encode("gb18030")
    path.write_bytes(b"\n".join([*lines, chinese, '{"text": "Grüße"}'.encode("latin-1"), *lines]))
    found = list(json_rows(unit(path), FIELDS))
    assert (found[60].text, json.loads(found[60].metadata or "")) == ("数据和模型", {"encoding": "mine", "encoding_unsure": True})
    assert (found[61].rule, found[61].detail) == ("invalid_utf8", "byte 12: invalid start byte")
    assert [row.metadata for row in found[:60] + found[62:]] == [None] * 120


def test_a_file_in_utf_16_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_lines(path, ["Grüße"], "utf-16")
    (row,) = json_rows(unit(path), FIELDS)
    assert (row.text, row.metadata) == ("Grüße", '{"encoding": "utf-16-le"}')


def test_what_nobody_foresaw_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(as_line("a") + b"\n" + as_line("odd secret") + b"\n" + as_line("c") + b"\n")
    real = row.valid

    def odd(text: str) -> str:
        if "odd" in text:
            raise OverflowError(text)
        return real(text)

    monkeypatch.setattr(row, "valid", odd)
    found = list(json_rows(unit(path), FIELDS))
    assert [(one.text, one.rule) for one in found] == [("a", None), (None, "unreadable"), ("c", None)]
    assert "secret" not in (found[1].detail or "")


def test_a_key_that_stands_twice_with_two_values_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = (
        '{"text": "a", "text": "b"}',
        '{"text": "c", "text": "c"}',
        '{"text": "d", "more": [{"lang": "en", "lang": "de"}]}',
        '{"text": "e", "n": 1, "n": true}',
        '{"text": "f", "\\u001b": 1, "\\u001b": 2}',
    )
    path.write_text("\n".join(lines))
    found = list(json_rows(unit(path), FIELDS))
    assert [(row.text, row.rule) for row in found] == [(None, "invalid_json"), ("c", None), *[(None, "invalid_json")] * 3]
    said = "key {} stands there twice, with two values"
    assert [row.detail for row in found if row.rule][:2] == [said.format("'text'"), said.format("'lang'")]
    assert "\x1b" not in (found[4].detail or "")


def test_what_python_cannot_hold_is_said_in_words_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"text": "a", "n": {"9" * 5_000}}}\n{{"text": "b", "m": {"[" * 100_000}{"]" * 100_000}}}\n{{"text": "c"}}\n')
    found = list(json_rows(unit(path), FIELDS))
    assert [(row.text, row.rule) for row in found] == [(None, "invalid_json"), (None, "invalid_json"), ("c", None)]
    assert [row.detail for row in found[:2]] == ["a whole number of too many digits", "its values are nested too deep to be read"]
