"""JSON files as rows: one object or an array of them over many lines, else JSON lines, as the first bytes of the file tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from resonance.core.errors import InputError
from resonance.curate.sources.encodings import HEAD_BYTES, UTF_8, Encoding
from resonance.curate.sources.json_values import OUTSIDE, Value, Values
from resonance.curate.sources.lines import (
    DECODER,
    decode_json,
    decode_stream,
    find_json_encoding,
    is_wide,
    json_rows,
    lines,
    object_row,
    read_first,
)
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row, too_long
from resonance.curate.sources.streams import chunks, read_head

BLANKS = " \t\r\n"
LONGEST = 256 << 20
"""Bytes of an object that are held where a file is copied line by line."""


def json_file_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for each object of the file, alone, one after the other or in an array, numbered in their order.

    A file of JSON lines is read as such. Objects in an array need not be parted by a comma. No more than ``fields.max_bytes`` of an
    object are held. Where one does not end, or an array does not, the file ends there.
    """
    if unit.start > 0:
        yield from json_rows(unit, fields)
        return
    head, stream = read_head(chunks(unit))
    encoding = find_json_encoding(head)
    if not holds_values(head, encoding):
        yield from json_rows(unit, fields)
        return
    values = Values(fields.max_bytes)
    number = 0
    for number, value in enumerate(values.split(decode_stream(stream, encoding)), 1):
        if number == 1 and values.in_array and value.data is not None and not value.data.startswith(b"{"):
            yield quarantine_row(unit, None, "invalid_json", "an array that does not begin with an object; each row is one")
            return
        yield _read_value(value, unit, number, fields, encoding)
    if values.open_line is not None:
        where = "value" if values.state != OUTSIDE else "array"
        detail = f"the {where} that begins in line {values.open_line} does not end, so that what follows cannot be told apart"
        yield quarantine_row(unit, number + 1, "invalid_json", detail)


def lay_lines(file: Path, format: str, codec: str, folder: Path) -> Path | None:
    """A copy of a JSON file in a folder, each object a line of UTF-8; None where the file is such lines itself.

    Objects are told apart as ``json_file_rows`` does, but one that cannot be read ends it: a copy holds all objects of its file.

    Raises:
        InputError: something in it is broken, or no object, or does not end; the message names the line.
    """
    unit = Unit(str(file), file.name, file.name, format, codec, 0, file.stat().st_size, 0)
    head, stream = read_head(chunks(unit))
    encoding = find_json_encoding(head)
    folded = format == "json" and holds_values(head, encoding)
    if encoding == UTF_8 and not codec and not folded:
        return None
    copy = folder / f"{len(list(folder.iterdir()))}.jsonl"
    with copy.open("wb") as out:
        for line in _lines_of_objects(decode_stream(stream, encoding), folded, file.name):
            out.write(line.encode() + b"\n")
    return copy


def _lines_of_objects(stream: Iterator[bytes], folded: bool, name: str) -> Iterator[str]:
    values = Values(LONGEST)
    found = values.split(stream) if folded else (Value(data, size, at) for at, (data, size) in enumerate(lines(stream, LONGEST), 1))
    try:
        for value in found:
            if value.data is None:
                raise InputError(f"{name}: the object of line {value.line} is longer than {LONGEST >> 20} MB")
            text = decode_json(value.data, UTF_8)[0].removeprefix("\ufeff").strip(BLANKS)
            if not text and not folded:
                continue
            if not isinstance(DECODER.decode(text), dict):
                raise InputError(f"{name}: what begins in line {value.line} is no object; every row must be one")
            yield text.replace("\n", " ").replace("\r", " ")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: the object of line {value.line} cannot be read: {str(error).splitlines()[0]}") from None
    except OSError as error:
        raise InputError(f"{name}: {error}") from None
    if values.open_line is not None:
        raise InputError(f"{name}: what begins in line {values.open_line} does not end")


def may_split(path: str) -> bool:
    """Whether the file is JSON lines, whose newlines are single bytes: ranges of it can be read each on its own."""
    head = read_first(path)
    return not is_wide(path) and not holds_values(head, find_json_encoding(head))


def holds_values(head: bytes, encoding: Encoding) -> bool:
    """Whether a file is no JSON lines by its first bytes: it begins with an array, or with an object of more than one line.

    Where the first object is broken or longer than these bytes, it is JSON lines if any whole line of them is an object.
    """
    text = head.decode(encoding.codec, "replace").removeprefix("\ufeff").lstrip(BLANKS)
    if text.startswith("["):
        return True
    if not text.startswith("{") or "\n" not in text.rstrip(BLANKS):
        return False
    try:
        _, end = DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        whole = text.split("\n") if len(head) < HEAD_BYTES else text.split("\n")[:-1]
        return not any(map(_is_object, whole))
    return "\n" in text[:end]


def _is_object(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _read_value(value: Value, unit: Unit, number: int, fields: Fields, encoding: Encoding) -> Row:
    if value.data is None:
        return too_long(unit, number, value.size, fields)
    try:
        text, used = decode_json(value.data, UTF_8)
    except UnicodeDecodeError as error:
        detail = f"value that begins in line {value.line}, byte {error.start}: {error.reason}"
        return quarantine_row(unit, number, "invalid_utf8", detail)
    return object_row(text, (encoding if used == UTF_8 else used).describe(), unit, number, fields, value.line)
