"""CSV and TSV files as rows (RFC 4180), read by Python's own module: the first line names the fields."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from resonance.curate.sources.encodings import HEAD_BYTES, UTF_8, Encoding, decode_line, find_encoding
from resonance.curate.sources.lines import decode_stream, lines
from resonance.curate.sources.row import Fields, Row, Unit, find_twice, quarantine_row, read_row, refuse_without, valid
from resonance.curate.sources.streams import chunks, read_head

UNREAD = re.compile("[\udc80-\udcff]")
"""What stands for a byte that is no letter of the file's encoding."""
NEVER_CLOSED = "quotes that open in this record do not close, so that the rest of the file cannot be told apart"
BARE_RETURN = "a carriage return stands in it without quotes, though lines of the file end otherwise"
FIRST_END = re.compile(rb'(?:"[^"]*"|[^"\r\n])*(\r?\n|\r.)', re.DOTALL)
"""The first line up to where it ends, outside quotes, and a character behind a carriage return."""


def csv_rows(unit: Unit, fields: Fields, delimiter: str = ",") -> Iterator[Row]:
    """One row for each record, numbered by the line that it begins in; blank lines are none.

    A record holds one value for each field of the first line, in letters of the file's encoding and with quotes where they may
    stand, else it is quarantined. Quotes that never close end the file.
    """
    csv.field_size_limit(max(fields.max_bytes, csv.field_size_limit()))  # one limit for the whole process
    encoding, stream = _open_lines(unit, fields)
    records = csv.reader(stream, delimiter=delimiter, strict=True)
    try:
        names = next(records, [])
    except csv.Error as error:
        yield quarantine_row(unit, 1, "broken_file", f"the line that names the fields cannot be read: {_describe(error)}")
        return
    if (twice := find_twice(names)) is not None:
        yield quarantine_row(unit, None, "broken_file", f"two columns {twice!r}; rename one of them")
        return
    while True:
        number = records.line_num + 1
        try:
            values = next(records, None)
        except csv.Error as error:
            yield quarantine_row(unit, number, "invalid_csv", said := _describe(error))
            if said == NEVER_CLOSED:
                return
            continue
        if values is None:
            return
        if values:
            yield _row(names, values, unit, number, fields, encoding)


def _describe(error: csv.Error) -> str:
    """What is wrong with a record."""
    if "unexpected end" in str(error) or "field limit" in str(error):
        return NEVER_CLOSED
    return BARE_RETURN if "new-line character" in str(error) else f"misplaced quotes: {error}"


def refuse_without_header(path: str, shown: str, fields: Fields, delimiter: str = ",") -> None:
    """Raise InputError unless the first line names the fields that the settings ask for, each once, or there is none."""
    unit = Unit(path, shown, shown, "csv", "", 0, 0, 0)
    try:
        names = next(csv.reader(_open_lines(unit, fields)[1], delimiter=delimiter, strict=True), [])
    except (OSError, ValueError, csv.Error):
        return  # reading it says which row is broken
    if names:
        refuse_without([valid(name) for name in names], shown, fields)


def _row(names: list[str], values: list[str], unit: Unit, number: int, fields: Fields, encoding: Encoding) -> Row:
    if len(values) != len(names):
        return quarantine_row(unit, number, "invalid_csv", f"{len(values)} values for {len(names)} fields")
    if any(not value.isascii() and UNREAD.search(value) for value in values):
        return quarantine_row(unit, number, "invalid_utf8", f"it holds what is no letter of {encoding.name}")
    known: dict[str, Any] = dict(zip(names, values, strict=True))
    about = encoding.describe()
    return read_row({**about, **known} if about else known, unit, number, fields)


def _open_lines(unit: Unit, fields: Fields) -> tuple[Encoding, Iterator[str]]:
    """The encoding of a file, as its first bytes say, and its lines."""
    head, stream = read_head(chunks(unit))
    encoding = find_encoding(head, whole=len(head) < HEAD_BYTES) or UTF_8
    if wide := encoding.is_wide:
        head, stream = b"".join(decode_stream([head], encoding)), decode_stream(stream, encoding)
    if (first := FIRST_END.match(head)) and not first[1].endswith(b"\n"):
        stream = _replace_returns(stream)
    return encoding, _decode_lines(stream, fields, UTF_8 if wide else encoding)


def _replace_returns(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The stream with newlines where it has carriage returns, with which old tools of Macintosh end lines."""
    held = b""
    for chunk in stream:
        made = held + chunk
        held = b"\r" if made.endswith(b"\r") else b""
        yield made[: len(made) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield held.replace(b"\r", b"\n")


def _decode_lines(stream: Iterator[bytes], fields: Fields, encoding: Encoding) -> Iterator[str]:
    for number, (data, size) in enumerate(lines(stream, fields.max_bytes), 1):
        if data is None:
            raise OSError(f"line {number} has {size:,} bytes, more than ingest.max_text_bytes")
        try:
            text, _ = decode_line(data, encoding)
        except UnicodeDecodeError:
            text = data.decode(encoding.codec, "surrogateescape")
        yield text.removeprefix("\ufeff" if number == 1 else "") + "\n"
