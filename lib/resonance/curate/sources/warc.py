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
ENDS_EARLY = "the record ends before its end"
WINDOW_BYTES = 8 << 20
"""So many bytes at least of an archive that was packed as one are kept, to go back without unpacking it again."""
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
    """Where an archive could not be read and why, where reading goes on, and how many bytes the last record lacks."""

    said: str
    onwards: str
    lacks: int


def warc_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """The rows of an archive, numbered by its records; memory is bounded by its longest record that is not too long.

    A record that is broken, and what lies behind it up to the next one that can be read, is one row with the rule
    ``broken_record``.
    """
    number, unpacked, most = 0, 0, max(UNPACKED_FREE, UNPACKED_TIMES * unit.stop)
    broken, onwards = None, ""  # the row of what is broken waits until it is known where reading goes on
    for record in _records(unit):
        if isinstance(record, Break):
            if broken is None:
                number += 1
                broken = quarantine_row(unit, number, "broken_record", record.said)
            onwards, unpacked = record.onwards, unpacked - record.lacks
            continue
        yield from _close(broken, onwards)
        broken, onwards = None, ""
        number += 1
        if unit.codec and unpacked + record.content_length > most:
            if record.reader.consume(most - unpacked) == most - unpacked:
                raise OSError(f"it unpacks to more than {UNPACKED_TIMES} times its size; unpack it first, if it is no bomb")
            row: Row | None = _break_off(record, unit, number)
        else:
            row = _row(record, unit, number, fields)
        unpacked += record.content_length
        if row is not None and row.rule == "broken_record":
            broken = row
        elif row is not None:
            yield row
    yield from _close(broken, onwards)


def _close(broken: Row | None, onwards: str) -> Iterator[Row]:
    """The row of what is broken, where there is one, with where reading goes on."""
    if broken is not None:
        yield broken._replace(detail=f"{broken.detail}; {onwards}") if onwards else broken


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
        return _break_off(record, unit, number)
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


def _break_off(record: Any, unit: Unit, number: int) -> Row:
    return quarantine_row(unit, number, "broken_record", f"byte {record.stream_pos} of the file: {ENDS_EARLY}")


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
    if unit.codec == "gzip":
        yield from _packed_records(unit)
        return
    with _Unpacked(unit) if unit.codec else open_bytes(unit.path) as file:
        yield from _plain_records(file)


class _Walk:
    """Reads records one after the other: which was last, how many there were, and what is wrong with the last or behind it."""

    def __init__(self) -> None:
        self.last, self.seen, self.fault, self.lacks = 0, 0, "", 0

    def read(self, file: Any, start: int) -> Iterator[Any]:
        """The records of a file from a byte on, until there is no more that can be read."""
        from fastwarc.warc import ArchiveIterator

        file.seek(start)
        self.last, self.fault, self.lacks = start, "", 0
        try:
            for record in ArchiveIterator(file):
                self.last, self.seen = record.stream_pos, self.seen + 1
                yield record
                record.reader.consume()
                self.lacks = max(record.content_length - record.reader.tell(), 0)
                self.fault = ENDS_EARLY if self.lacks else ""
        except OSError as error:
            self.fault = str(error)


def _plain_records(file: Any, seen: int = 0) -> Iterator[Any]:
    """The records of a file that is not packed, or of what is unpacked, but for the first ones, which were ``seen``."""
    walk, unpacked = _Walk(), isinstance(file, _Unpacked)
    start: int | None = 0
    while start is not None:
        for record in walk.read(file, start):
            if walk.seen > seen:
                yield record
        fault = walk.fault or (file.fault if unpacked else "")
        if not fault:
            return
        start = _find_record(file, walk.last + 1, packed=False)
        where, packing = ("the unpacked file", file.fault) if unpacked else ("the file", "")
        yield _break(walk.last, fault, start, walk.lacks, where, packing)


def _packed_records(unit: Unit) -> Iterator[Any]:
    """The records of a file of gzip members; from the first fault on as those of one stream where a member holds many."""
    walk = _Walk()
    start: int | None = 0
    with open_bytes(unit.path) as file, open_bytes(unit.path) as other:
        while start is not None:
            yield from walk.read(file, start)
            last, fault, lacks = walk.last, walk.fault, walk.lacks
            cut = None if fault else _find_cut_member(other, last, start)  # the reader takes it for the end of the file
            if not fault and cut is None:
                return
            if start == 0 and _holds_more(other, last):
                with _Unpacked(unit) as whole:
                    yield from _plain_records(whole, walk.seen)
                lacks = 0  # that is said
                cut = _find_cut_member(other, 0, 0)
                if cut is None:
                    return
            if cut is not None:
                last, fault = cut, "it begins no whole gzip member"
            start = _find_record(other, last + 1, packed=True)
            yield _break(last, fault, start, lacks)


def _break(last: int, fault: str, start: int | None, lacks: int, where: str = "the file", packing: str = "") -> Break:
    onwards = f"nothing behind it can be read{packing and f': {packing}'}"
    if start is not None:
        onwards = f"reading goes on at byte {start} of {where}"
    return Break(f"byte {last} of {where}, or what follows it: {fault}", onwards, lacks)


def _holds_more(file: io.BufferedReader, at: int) -> bool:
    """Whether a record that begins at this byte shares its gzip member: it begins none, or another record stands in it."""
    file.seek(at)
    if file.read(len(MEMBER)) != MEMBER:
        return True
    file.seek(at)
    member, end = zlib.decompressobj(31), b""
    while not member.eof and (held := member.unconsumed_tail or file.read(CHUNK_BYTES)):
        try:
            end = end[-len(RECORD) :] + member.decompress(held, CHUNK_BYTES)
        except zlib.error:
            return False
        if b"\n" + RECORD in end:
            return True
    return False


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


class _Unpacked(io.RawIOBase):
    """What a packed file holds, as a file in which reading may go back; what broke its packing is its ``fault``, and its end."""

    def __init__(self, unit: Unit) -> None:
        self.fault = ""
        self._unit, self._kept = unit, bytearray()
        self._restart()

    def _restart(self) -> None:
        self._stream, self._from, self._at = chunks(self._unit), 0, 0
        self._kept.clear()

    def readable(self) -> bool:
        return True

    def seek(self, at: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, counted from the beginning; what is not kept any more is unpacked again."""
        if at < self._from:
            self._restart()
        while at > self._from + len(self._kept) and self._fetch():
            pass
        self._at = min(at, self._from + len(self._kept))
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next bytes, ``size`` at most; none at the end."""
        begin = self._at - self._from
        if begin == len(self._kept) and not self._fetch():
            return b""
        begin = self._at - self._from
        made = bytes(self._kept[begin:] if size < 0 else self._kept[begin : begin + size])
        self._at += len(made)
        return made

    def tell(self) -> int:
        return self._at

    def _fetch(self) -> bool:
        """Keep more of the stream; False at its end."""
        try:
            chunk = next(self._stream, b"")
        except OSError as error:
            self.fault = str(error)
            return False
        self._kept += chunk
        if len(self._kept) > 2 * WINDOW_BYTES:
            self._from += len(self._kept) - WINDOW_BYTES
            del self._kept[:-WINDOW_BYTES]
        return bool(chunk)
