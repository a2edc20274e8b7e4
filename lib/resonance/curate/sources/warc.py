"""WARC and WET archives: each capture of a page, and each text that was made of one, is a document; records are read one by one."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from resonance.core.objects import open_bytes
from resonance.curate.sources.document import document_row, without_text
from resonance.curate.sources.encodings import decode_text
from resonance.curate.sources.html import HTML, page_row
from resonance.curate.sources.payload import decode_payload
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row, too_long
from resonance.curate.sources.streams import CHUNK_BYTES, UNPACKED_FREE, UNPACKED_TIMES, chunks

PAGES = frozenset((HTML, "application/xhtml+xml"))
TEXTS = frozenset(("text/plain",))
UNKNOWN = frozenset(("", "application/octet-stream", "unknown/unknown", "unk", "no-type"))
MEMBER = b"\x1f\x8b\x08"
RECORD = b"WARC/"
STATUS_OK = 299
NOT_READ = {
    "revisit": "a revisit: the capture that it repeats holds the text",
    "continuation": "a part of a record that was cut in pieces",
    "unknown": "a record of an unknown kind",
}
"""Kinds of records that may stand for a text and hold none; those of others, as requests and metadata, are no documents."""
READ = frozenset(("response", "resource", "conversion"))


class Stretch(NamedTuple):
    """What is to be read of an archive: from a byte on, records having been counted before."""

    start: int
    before: int


class Break(NamedTuple):
    """Where an archive could not be read, and why."""

    said: str


def warc_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """The rows of an archive, numbered by its records; memory is bounded by its longest record that is not too long.

    A record that is broken, and what lies behind it up to the next one that can be read, is one row with the rule
    ``broken_record``.
    """
    number, whole, unpacked, most = 0, True, 0, max(UNPACKED_FREE, UNPACKED_TIMES * unit.stop)
    for record in _records(unit):
        number += not isinstance(record, Break) or whole
        if isinstance(record, Break):
            if whole:  # else the record before it has said so
                yield quarantine_row(unit, number, "broken_record", record.said)
            whole = False
            continue
        unpacked += record.content_length
        if unit.codec and unpacked > most:
            raise OSError(f"it unpacks to more than {UNPACKED_TIMES} times its size; unpack it first, if it is no bomb")
        row = _row(record, unit, number, fields)
        whole = row is None or row.rule != "broken_record"
        if row is not None:
            yield row


def _row(record: Any, unit: Unit, number: int, fields: Fields) -> Row | None:
    """The row of a record; none where it is no document."""
    kind = str(record.record_type)
    if kind in NOT_READ:
        return without_text(unit, NOT_READ[kind], number)
    if kind not in READ:
        return None
    if record.content_length > fields.max_bytes:
        return too_long(unit, number, record.content_length, fields)
    status = record.http_headers.status_code if record.http_headers is not None else None
    if record.is_http and status is None:
        return quarantine_row(unit, number, "broken_record", f"byte {record.stream_pos} of the file: it holds no answer of HTTP")
    if status is not None and status > STATUS_OK:
        row = quarantine_row(unit, number, "http_status", "no page, but word of an error or of another address")
        return row._replace(value=float(status), threshold=float(STATUS_OK))
    mime = _mime_of(record)
    if mime not in UNKNOWN and mime not in PAGES and mime not in TEXTS:
        return without_text(unit, f"{mime} is no text that is read", number)
    return _document_row(record, mime, unit, number, fields)


def _document_row(record: Any, mime: str, unit: Unit, number: int, fields: Fields) -> Row:
    length = record.content_length
    try:
        data = record.reader.read()
    except OSError as error:
        return quarantine_row(unit, number, "broken_record", f"byte {record.stream_pos} of the file: {error}")
    if len(data) != length:
        return quarantine_row(
            unit, number, "broken_record", f"byte {record.stream_pos} of the file: the record ends before its end"
        )
    data, flaw, cut = decode_payload(data, record.http_headers, fields.max_bytes)
    if flaw and not (cut and record.headers.get("WARC-Truncated")):  # an archive that says so cut it on purpose
        return quarantine_row(unit, number, "broken_body", f"byte {record.stream_pos} of the file: {flaw}")
    if len(data) > fields.max_bytes:
        return too_long(unit, number, len(data), fields)
    if mime in UNKNOWN:
        from resiliparse.parse.encoding import detect_mime

        mime = str(detect_mime(data[:CHUNK_BYTES]))
    about = _describe(record, mime)
    if mime in PAGES:
        return page_row(unit, data, record.http_charset, about, fields, number)
    if mime not in TEXTS:
        return without_text(unit, f"{mime} is no text that is read", number)
    try:
        text, encoding = decode_text(data, record.http_charset, lossy=True)
    except UnicodeDecodeError as error:
        return quarantine_row(unit, number, "invalid_utf8", f"byte {error.start}: {error.reason}; and no other encoding fits")
    if not text.strip():
        return without_text(unit, "the record is empty", number)
    return document_row(unit, text, {**encoding.describe(), **about}, fields, number)


def _mime_of(record: Any) -> str:
    """The type of what a record holds, in small letters and without parameters; empty where nobody says it."""
    headers = record.headers
    said = headers.get("WARC-Identified-Payload-Type")
    if not said:
        said = record.http_content_type if record.is_http else headers.get("Content-Type")
    return (said or "").partition(";")[0].strip().lower()


def _describe(record: Any, mime: str) -> dict[str, Any]:
    headers = record.headers
    return {
        "url": (headers.get("WARC-Target-URI") or "").strip("<>"),
        "date": headers.get("WARC-Date"),
        "mime": mime,
        "record_id": headers.get("WARC-Record-ID"),
        "truncated": headers.get("WARC-Truncated"),
        **({"language": said} if (said := headers.get("WARC-Identified-Content-Language")) else {}),
    }


def _records(unit: Unit) -> Iterator[Any]:
    """The records of an archive; where one cannot be read, a ``Break``, then those behind the next place where one begins."""
    from fastwarc.warc import ArchiveIterator

    if unit.codec not in ("", "gzip"):
        yield from ArchiveIterator(_Pieces(chunks(unit)))
        return
    with open_bytes(unit.path) as file:
        start: int | None = 0
        while start is not None:
            file.seek(start)
            last = start
            try:
                for record in ArchiveIterator(file):
                    last = record.stream_pos
                    yield record
                said = ""
            except OSError as error:
                said = str(error)
            with open_bytes(unit.path) as other:
                if not said and unit.codec == "gzip":  # the reader takes a member that never ends for the end of the file
                    broken = _find_cut_member(other, last, start)
                    if broken is not None:
                        last, said = broken, "it begins no whole gzip member"
                if not said:
                    return
                start = _find_record(other, last + 1, packed=unit.codec == "gzip")
            onwards = "nothing behind it can be read" if start is None else f"reading goes on at byte {start}"
            yield Break(f"byte {last} of the file, or what follows it: {said}; {onwards}")


def _find_record(file: io.BufferedReader, at: int, packed: bool) -> int | None:
    """Where the next record begins, at this byte of a file or behind it; None where none does."""
    mark = MEMBER if packed else b"\n" + RECORD
    file.seek(at)
    held = b""
    while chunk := file.read(CHUNK_BYTES):
        held += chunk
        found = held.find(mark)
        while found >= 0:
            place = at + found
            if not packed:
                return place + 1
            file.seek(place)
            if _begins_record(file.read(1024)):
                return place
            found = held.find(mark, found + 1)
        file.seek(at + len(held))
        at += max(len(held) - len(mark), 0)
        held = held[-len(mark) :]
    return None


def _find_cut_member(file: io.BufferedReader, last: int, start: int) -> int | None:
    """Where a gzip member begins that is cut or broken, from the one of the last record on; None where all are whole.

    The last record's place is no member's where one member holds many records: then they are read from ``start`` on.
    """
    file.seek(last)
    at = last if file.read(len(MEMBER)) == MEMBER else start
    file.seek(at)
    held = b""
    while held := held or file.read(CHUNK_BYTES):
        member = zlib.decompressobj(31)
        read = 0
        while not member.eof and (held := held or file.read(CHUNK_BYTES)):
            try:
                member.decompress(held, CHUNK_BYTES)
            except zlib.error:
                return at
            rest = member.unused_data if member.eof else member.unconsumed_tail
            read += len(held) - len(rest)
            held = rest
        member.flush()
        if not member.eof:
            return at
        at += read
    return None


def _begins_record(data: bytes) -> bool:
    try:
        return zlib.decompressobj(31).decompress(data, len(RECORD)) == RECORD
    except zlib.error:
        return False


class _Pieces(io.RawIOBase):
    """A stream of chunks as a file."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream, self._held, self._at = stream, b"", 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, ``size`` at most; none at the end."""
        if not self._held:
            self._held = next(self._stream, b"")
        made, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        self._at += len(made)
        return made

    def tell(self) -> int:
        return self._at
