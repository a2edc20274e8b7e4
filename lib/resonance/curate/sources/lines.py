"""JSON lines and text files as rows, from a stream of bytes: plain, gzip or zstd."""

from __future__ import annotations

import codecs
import json
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa

from resonance.core.printable import escape_hidden
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row, read_row, too_long, top_folder, valid

CHUNK_BYTES = 256 << 10
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def json_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for each line that begins in the unit; blank lines are none. Memory is bounded by ``fields.max_bytes``."""
    for number, (data, size) in enumerate(_own_lines(unit, fields.max_bytes), unit.before + 1):
        if data is None:
            yield too_long(unit, number, size, fields)
        elif data.strip():
            yield _json_row(data.removeprefix(BYTE_ORDER_MARK) if number == 1 else data, unit, number, fields)


def text_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for a text file; its key is its path."""
    held, size = bytearray(), 0
    for chunk in chunks(unit):
        size += len(chunk)
        if size <= fields.max_bytes:
            held += chunk
        else:
            held.clear()
    if size > fields.max_bytes:
        yield too_long(unit, None, size, fields)
        return
    try:
        text = bytes(held).decode(_wide_encoding(held) or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        yield quarantine_row(unit, None, "invalid_utf8", f"byte {error.start}: {error.reason}")
        return
    source = fields.default_source
    yield Row(source, None, unit.name, unit.shown, None, top_folder(unit.name) or source, valid(text))


def count_line_starts(unit: Unit) -> int:
    """How many lines begin in the unit: one at the file's start, and one behind each newline. 0 where it cannot be read."""
    starts = int(unit.start == 0)
    at = max(unit.start - 1, 0)
    with suppress(OSError), open(unit.path, "rb") as file:
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


def chunks(unit: Unit) -> Iterator[bytes]:
    """The bytes of a file, decompressed. A broken stream yields all that comes before the break, then raises OSError."""
    if unit.codec:
        yield from _decompress(unit)
        return
    with open(unit.path, "rb") as file:
        file.seek(max(unit.start - 1, 0))
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def is_wide(path: str) -> bool:
    """Whether a file begins as UTF-16 does."""
    with suppress(OSError), open(path, "rb") as file:
        return _wide_encoding(file.read(2)) is not None
    return False


def decode_wide(stream: Iterable[bytes]) -> Iterator[bytes]:
    """The stream as UTF-8 where it begins as UTF-16 does, else as it is; what is no letter is U+FFFD."""
    decoder = None
    for place, chunk in enumerate(stream):
        if place == 0 and (encoding := _wide_encoding(chunk)):
            decoder = getincrementaldecoder(encoding)("replace")
        yield chunk if decoder is None else decoder.decode(chunk).encode("utf-8", "replace")
    if decoder is not None:
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _wide_encoding(start: bytes | bytearray) -> str | None:
    """UTF-16 by its mark, or by the brace that a line of JSON begins with."""
    marks = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"{\0": "utf-16-le", b"\0{": "utf-16-be"}
    return marks.get(bytes(start[:2]))


def _own_lines(unit: Unit, limit: int) -> Iterator[tuple[bytes | None, int]]:
    read = chunks(unit)
    if unit.codec or unit.start == 0 and is_wide(unit.path):
        yield from lines(decode_wide(read), limit)
        return
    stream = lines(read, limit)
    at = max(unit.start - 1, 0)
    for data, size in stream:
        if at >= unit.start and at < unit.stop:
            yield data, size
        at += size + 1
        if at >= unit.stop:
            return


def _decompress(unit: Unit) -> Iterator[bytes]:
    served = 0
    try:
        with pa.CompressedInputStream(pa.OSFile(unit.path), unit.codec) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                served += len(chunk)
                yield chunk
    except OSError:
        yield _before_break(unit, served)
        raise


def _before_break(unit: Unit, served: int) -> bytes:
    """What a broken stream still gives behind the ``served`` bytes: read anew, byte by byte at the end."""
    last = bytearray()
    with suppress(OSError), pa.CompressedInputStream(pa.OSFile(unit.path), unit.codec) as stream:
        while served > 0 and (chunk := stream.read(min(CHUNK_BYTES, served))):
            served -= len(chunk)
        while byte := stream.read(1):
            last += byte
    return bytes(last)


def _json_row(data: bytes, unit: Unit, number: int, fields: Fields) -> Row:
    try:
        values: Any = DECODER.decode(data.decode())
    except UnicodeDecodeError as error:
        return quarantine_row(unit, number, "invalid_utf8", f"byte {error.start}: {error.reason}")
    except json.JSONDecodeError as error:
        return quarantine_row(unit, number, "invalid_json", f"column {error.colno}: {error.msg}")
    except (ValueError, RecursionError) as error:
        return quarantine_row(unit, number, "invalid_json", str(error))
    if not isinstance(values, dict):
        return quarantine_row(unit, number, "invalid_json", "not an object; one JSON object a line is asked for")
    return read_row(values, unit, number, fields)


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
