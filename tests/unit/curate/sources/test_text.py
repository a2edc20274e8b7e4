"""A text file is one document, in the encoding that its bytes say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resonance.core.settings import IngestSettings, TaskSettings
from resonance.curate.sources.row import Fields, Row, Unit
from resonance.curate.sources.text import text_rows

FIELDS = Fields.of(IngestSettings())


def read(path: Path, data: bytes, fields: Fields = FIELDS) -> Row:
    path.write_bytes(data)
    (row,) = text_rows(Unit(str(path), path.name, f"in/{path.name}", "text", "", 0, len(data), 0), fields)
    return row


def test_a_text_file_is_one_row(tmp_path: Path) -> None:
    row = read(tmp_path / "a.txt", "\ufeffGrüße\n".encode())
    assert (row.text, row.key, row.line, row.rule, row.metadata) == ("Grüße\n", None, None, None, None)
    row = read(tmp_path / "a.txt", "\ufeffGrüße\n".encode(), Fields.of(IngestSettings(max_text_bytes=4)))
    assert (row.rule, row.value, row.threshold) == ("too_long", 11.0, 4.0)


def test_a_key_that_other_files_have_is_not_asked_of_a_text_file(tmp_path: Path) -> None:
    row = read(tmp_path / "a.md", b"# Title", Fields.of(IngestSettings(id_field="number", text_field="body")))
    assert (row.text, row.key, row.rule) == ("# Title", None, None)


@pytest.mark.parametrize(
    ("text", "encoding", "recorded", "sure"),
    [
        ("Grüße", "utf-16", "utf-16-le", True),
        ("Grüße aus München", "latin-1", "latin-1", False),
        ("“Grüße” aus München", "cp1252", "windows-1252", False),
        ("今天天气很好，我们去公园散步。", "gb18030", "gb18030", True),
        ("联通", "gb18030", "gb18030", False),
    ],
)
def test_the_encoding_is_found_and_recorded(tmp_path: Path, text: str, encoding: str, recorded: str, sure: bool) -> None:
    row = read(tmp_path / "a.txt", text.encode(encoding))
    assert row.text == text
    assert json.loads(row.metadata or "{}") == {"encoding": recorded} | ({} if sure else {"encoding_unsure": True})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "byte 0: "),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe", "byte 0: "),
        (("数据" * 9).encode() + b"\xff", "byte 54: "),
    ],
)
def test_bytes_that_no_encoding_fits_are_told(tmp_path: Path, data: bytes, says: str) -> None:
    row = read(tmp_path / "a.txt", data)
    assert row.rule == "invalid_utf8"
    assert (row.detail or "").startswith(says)


def test_a_text_alone_is_no_example_of_another_task(tmp_path: Path) -> None:
    task = TaskSettings(kind="classification", labels=("a", "b"))
    row = read(tmp_path / "a.txt", b"no label", Fields.of(IngestSettings(), task))
    assert row.rule == "missing_label"
