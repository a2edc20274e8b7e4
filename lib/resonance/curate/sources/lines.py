"""JSON lines as rows, from a stream of bytes: plain, gzip or zstd; and lines of any stream."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from resonance.core.objects import open_bytes
from resonance.core.printable import escape_hidden
from resonance.curate.sources.encodings import HEAD_BYTES, UTF_8, Encoding, decode_line, find_encoding, is_chinese
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row, read_row, too_long
from resonance.curate.sources.streams import CHUNK_BYTES, chunks, read_head

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PACKED = {
    b"\x1f\x8b\x08": "gzip packed, which its name does not say: end it in .gz",
    b"\x28\xb5\x2f\xfd": "zstd packed, which its name does not say: end it in .zst",
    b"PK\3\4": "zip packed: unpack it",
    b"BZh": "bzip2 packed: unpack it",
    b"\xfd7zXZ\0": "xz packed: unpack it",
}
"""What begins no JSON: by the first bytes, what a file holds then."""
CHINESE = Encoding("gb18030", "gb18030")


def json_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for each line that begins in the unit; blank lines are none. Memory is bounded by ``fields.max_bytes``.

    The file is UTF-8, UTF-16 or GB18030, as its first bytes say; a line of GB18030 may stand among others. One that is packed, and
    not called so, is one row.
    """
    if unit.start == 0:
        head, stream = read_head(chunks(unit))
    else:
        head, stream = read_first(unit.path), chunks(unit)
    if packed := next((said for mark, said in PACKED.items() if head.startswith(mark)), None):
        if unit.start == 0:
            yield quarantine_row(unit, None, "broken_file", f"it holds what {packed}")
        return
    encoding = find_json_encoding(head)
    own = (
        lines(decode_stream(stream, encoding), fields.max_bytes) if encoding.is_wide else _own_lines(unit, stream, fields.max_bytes)
    )
    for number, (data, size) in enumerate(own, unit.before + 1):
        if data is None:
            yield too_long(unit, number, size, fields)
        elif data.strip():
            yield _json_row(data.removeprefix(BYTE_ORDER_MARK), unit, number, fields, encoding)  # files joined into one keep theirs


def count_line_starts(unit: Unit) -> int:
    """How many lines begin in the unit: one at the file's start, and one behind each newline. 0 where it cannot be read."""
    starts = int(unit.start == 0)
    at = max(unit.start - 1, 0)
    with suppress(OSError), open_bytes(unit.path) as file:
        file.seek(at)
        while at < unit.stop - 1 and (chunk := file.read(min(CHUNK_BYTES, unit.stop - 1 - at))):
            starts += chunk.count(b"\n")
            at += len(chunk)
    return starts


def lines(stream: Iterable[bytes], limit: int) -> Iterator[tuple[bytes | None, int]]:
    """Each line with its size; None for its bytes where they pass ``limit``, of which no more than ``limit`` are ever held."""
    held: list[bytes] = []
    size = 0
    for chunk in stream:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            size += len(end)
            yield (b"".join((*held, end)) if size <= limit else None), size
            held, size = [], 0
        size += len(rest)
        if size > limit:
            held = []
        elif rest:
            held.append(rest)
    if size:
        yield (b"".join(held) if size <= limit else None), size


def is_wide(path: str) -> bool:
    """Whether newlines of a file are no single bytes, as in UTF-16: it is then read as one range."""
    return find_json_encoding(read_first(path)).is_wide


def decode_stream(stream: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """The stream as UTF-8. What is no letter of a wide encoding is replaced; of another it stays as it is, which is no UTF-8."""
    if encoding == UTF_8:
        yield from stream
        return
    decoder = getincrementaldecoder(encoding.codec)("replace" if encoding.is_wide else "surrogateescape")
    for chunk in stream:
        yield decoder.decode(chunk).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")


def read_first(path: str) -> bytes:
    """The first bytes of a file, ``HEAD_BYTES`` at most; none where it cannot be read."""
    with suppress(OSError), open_bytes(path, ahead=HEAD_BYTES) as file:
        return file.read(HEAD_BYTES)
    return b""


def find_json_encoding(head: bytes) -> Encoding:
    """UTF-16, GB18030, or UTF-8 where it is none of these: JSON has no other encoding (RFC 8259), but Chinese tools write it."""
    found = find_encoding(head, whole=len(head) < HEAD_BYTES)
    return found if found is not None and (found.is_wide or found.name == CHINESE.name) else UTF_8


def _own_lines(unit: Unit, stream: Iterable[bytes], limit: int) -> Iterator[tuple[bytes | None, int]]:
    if unit.codec:
        yield from lines(stream, limit)
        return
    at = max(unit.start - 1, 0)
    for data, size in lines(stream, limit):
        if at >= unit.start and at < unit.stop:
            yield data, size
        at += size + 1
        if at >= unit.stop:
            return


def _json_row(data: bytes, unit: Unit, number: int, fields: Fields, encoding: Encoding) -> Row:
    """The row of one line. Where the line is not UTF-8, its metadata says what it is."""
    try:
        text, used = decode_json(data, UTF_8 if encoding.is_wide else encoding)
    except UnicodeDecodeError as error:
        return quarantine_row(unit, number, "invalid_utf8", f"byte {error.start}: {error.reason}")
    about = encoding.describe() if encoding.is_wide else used.describe()
    return object_row(text, about, unit, number, fields)


def decode_json(data: bytes, encoding: Encoding) -> tuple[str, Encoding]:
    """``decode_line``, and as GB18030 what is neither UTF-8 nor of the file's encoding, but Chinese.

    Raises:
        UnicodeDecodeError: it is none of these.
    """
    try:
        return decode_line(data, encoding)
    except UnicodeDecodeError:
        if not is_chinese(data):
            raise
        return data.decode(CHINESE.codec), CHINESE._replace(sure=False)


def object_row(text: str, about: Mapping[str, Any], unit: Unit, number: int, fields: Fields, line: int | None = None) -> Row:
    """The row of one object of JSON.

    Args:
        text: the object.
        about: what is known of it besides its fields.
        unit: the file that it stands in.
        number: its number in the file.
        fields: which fields hold what.
        line: the line that it begins in, where it is not the only one of its line.
    """
    try:
        values: Any = DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = "" if line is None else f"line {line + error.lineno - 1}, "
        return quarantine_row(unit, number, "invalid_json", f"{place}column {error.colno}: {error.msg}")
    except RecursionError:
        return quarantine_row(unit, number, "invalid_json", "its values are nested too deep to be read")
    except ValueError as error:  # Python's own words on long numbers are advice to programmers
        long = "integer string conversion" in str(error)
        return quarantine_row(unit, number, "invalid_json", "a whole number of too many digits" if long else str(error))
    if not isinstance(values, dict):
        asked = "one JSON object a line is asked for" if line is None else f"objects are asked for; it begins in line {line}"
        return quarantine_row(unit, number, "invalid_json", f"not an object; {asked}")
    return read_row({**about, **values} if about else values, unit, number, fields)


def _null(_: str) -> None:
    """NaN and infinities, which some writers put into JSON, are read as null."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON.

    Raises:
        ValueError: a key comes twice with two values: nobody can say which of them is meant.
    """
    found = dict(pairs)
    if len(found) < len(pairs) and (twice := next((key for key, value in pairs if not _is_same(found[key], value)), None)):
        raise ValueError(f"key {escape_hidden(twice)!r} stands there twice, with two values")
    return found


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


DECODER = json.JSONDecoder(parse_constant=_null, object_pairs_hook=_object)
