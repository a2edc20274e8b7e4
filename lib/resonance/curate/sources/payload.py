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
    for coding in _codings(headers):
        try:
            made, whole = _decode(coding, data, limit)
        except (OSError, zlib.error):
            return Payload(data) if _looks_plain(data, coding) else Payload(b"", f"its body is no {coding}, or broken")
        if not whole:
            return Payload(made, f"its {coding} body ends before its end", cut=bool(made))
        data = made
    return Payload(data)


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
    from fastwarc.stream_io import BrotliReader, ChunkedReader, ZstdReader

    readers = {"chunked": ChunkedReader, "br": BrotliReader, "zstd": ZstdReader}
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
        if len(made) > limit or not member.eof or not data.startswith(MEMBER):
            return made, member.eof or len(made) > limit


def _looks_plain(data: bytes, coding: str) -> bool:
    """Whether a body that could not be decoded is one of letters that is not coded any more."""
    if coding == "chunked" and re.match(rb"[0-9a-fA-F]+[ \t]*(;[^\r\n]*)?\r\n", data):
        return False
    return data.startswith(MARKS_OF_UTF16) or not CONTROLS.search(data[:LOOKED_AT])
