"""What a web server answered, as a browser sees it: the codings of its body undone, and word of a body that is cut or broken."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

HEADERS = ("Transfer-Encoding", "Content-Encoding")
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no encoding of one byte or more writes letters with, but UTF-16; ESC begins the letters of ISO-2022."""
MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")
LOOKED_AT = 4096
MEMBER = b"\x1f\x8b"
CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
SIZE_BEGUN = re.compile(rb"[0-9a-fA-F]{1,15}[ \t]*(?:;[^\r\n]*)?\r?")
GZIP = 31
ZLIB = 15


class Payload(NamedTuple):
    """A body, a byte beyond the limit at most. ``flaw`` says what is wrong; ``cut`` whether ``data`` comes before a cut."""

    data: bytes
    flaw: str = ""
    cut: bool = False


def decode_payload(data: bytes, headers: Any, limit: int) -> Payload:
    """A body without the codings that its headers name.

    Archives keep headers of a coding that they have undone: a body that looks like letters and is not coded is taken as it is.
    """
    if headers is None or not data:
        return Payload(data)
    flaw = ""
    for coding in _codings(headers):
        try:
            made, whole = _decode(coding, data, limit)
        except (OSError, zlib.error):
            if _looks_plain(data, coding):
                break
            return Payload(b"", f"its body is no {coding}, or broken")
        if not whole:
            flaw = flaw or f"its {coding} body ends before its end"
        data = made
    return Payload(data, flaw, cut=bool(flaw and data))


def _codings(headers: Any) -> Iterable[str]:
    """The codings in the order in which they are undone."""
    for name in HEADERS:
        for one in reversed((headers.get(name) or "").lower().split(",")):
            if (coding := one.strip()) and coding != "identity":
                yield coding


def _decode(coding: str, data: bytes, limit: int) -> tuple[bytes, bool]:
    """What a coding was made of, and whether all of it is there, or more than the limit.

    Raises:
        OSError, zlib.error: the bytes are not of this coding, or broken, or of one that is not known.
    """
    if coding in ("gzip", "x-gzip"):
        return _inflate(data, GZIP, limit)
    if coding == "deflate":
        return _inflate(data, ZLIB if data[:1] == b"\x78" else -ZLIB, limit)
    if coding == "chunked":
        return _join_chunks(data, limit)
    from fastwarc.stream_io import BrotliReader, ZstdReader

    readers = {"br": BrotliReader, "zstd": ZstdReader}
    if coding not in readers:
        raise OSError(f"unknown coding {coding}")
    return readers[coding](io.BytesIO(data)).read(limit + 1), True  # they raise where a body is cut


def _inflate(data: bytes, kind: int, limit: int) -> tuple[bytes, bool]:
    """The members of a body one after the other; what is behind the last one is none of it."""
    made = b""
    while True:
        member = zlib.decompressobj(kind)
        made += member.decompress(data, limit + 1 - len(made))
        data = member.unused_data
        if len(made) > limit or not member.eof or not data or not MEMBER.startswith(data[:2]):
            return made, member.eof or len(made) > limit


def _join_chunks(data: bytes, limit: int) -> tuple[bytes, bool]:
    """The chunks of a body one after the other; it is whole where the chunk of no length, its end, is there (RFC 9112, 7.1)."""
    made: list[bytes] = []
    at = 0
    left = limit + 1
    while left > 0 and at < len(data):
        size = CHUNK_SIZE.match(data, at)
        if size is None:
            if at and SIZE_BEGUN.fullmatch(data, at):
                break
            raise OSError("a chunk without its size")
        length = int(size[1], 16)
        if not length:
            return b"".join(made), True
        piece = data[size.end() : size.end() + length]
        made.append(piece[:left])
        left -= len(piece)
        at = size.end() + length
        if len(piece) < length:
            break
        if not b"\r\n".startswith(data[at : at + 2]):
            raise OSError("a chunk longer than its size")
        at += 2
    return b"".join(made), left <= 0


def _looks_plain(data: bytes, coding: str) -> bool:
    """Whether a body that could not be decoded is one of letters that is not coded any more."""
    if coding == "chunked" and CHUNK_SIZE.match(data):
        return False
    return data.startswith(MARKS_OF_UTF16) or not CONTROLS.search(data[:LOOKED_AT])
