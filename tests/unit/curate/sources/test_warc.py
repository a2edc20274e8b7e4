"""Archives are read record by record; what is broken costs its own records, and says where."""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from itertools import accumulate
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.core.settings import IngestSettings
from resonance.curate.sources import streams, warc
from resonance.curate.sources.read import Read
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())
DATE = "2024-01-02T03:04:05Z"


def record(kind: str, url: str, block: bytes, type: str = "application/http; msgtype=response", more: str = "") -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {DATE}\r\nWARC-Record-ID: <urn:x:{url}>\r\n"
    return f"{head}Content-Type: {type}\r\n{more}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def answer(body: bytes, type: str = "text/html; charset=utf-8", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\n{more}\r\n".encode() + body


def page(number: int) -> bytes:
    return record("response", f"http://a/{number}", answer(f"<title>T {number}</title><p>Words of page {number}.</p>".encode()))


def read(path: Path, data: bytes, codec: str = "", fields: Fields = FIELDS) -> list[Row]:
    path.write_bytes(data)
    return list(Read(fields).rows(Unit(str(path), path.name, path.name, "warc", codec, 0, len(data), 0)))


def pack(records: list[bytes], codec: str) -> bytes:
    packers = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
    return b"".join(packers[codec](one) for one in records)


@pytest.mark.parametrize("codec", ["", "gzip", "zstd"])
def test_captures_are_documents_named_by_their_address(tmp_path: Path, codec: str) -> None:
    info = record("warcinfo", "i", b"software: x", "application/warc-fields")
    asked = record("request", "http://a/1", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request")
    told = record("metadata", "http://a/1", b"via: x", "application/warc-fields")
    rows = read(tmp_path / "a.warc", pack([info, asked, page(1), told, page(2)], codec), codec)
    assert [(row.line, row.key, row.text, row.rule) for row in rows] == [
        (3, "http://a/1", "Words of page 1.", None),
        (5, "http://a/2", "Words of page 2.", None),
    ]
    said = {"title": "T 1", "mime": "text/html", "url": "http://a/1", "date": DATE, "record_id": "<urn:x:http://a/1>"}
    assert json.loads(rows[0].metadata or "") == said


def test_texts_of_wet_files_are_documents(tmp_path: Path) -> None:
    more = "WARC-Identified-Content-Language: zho\r\n"
    rows = read(tmp_path / "a.wet", record("conversion", "http://a/1", "文本\n".encode(), "text/plain", more))
    assert [(row.text, row.key) for row in rows] == [("文本\n", "http://a/1")]
    assert json.loads(rows[0].metadata or "")["language"] == "zho"


@pytest.mark.parametrize(
    ("made", "rule", "says"),
    [
        (record("response", "u", answer(b"\x89PNG", "image/png")), "no_text", "image/png is no text"),
        (record("response", "u", answer(b"%PDF-1.4", "")), "no_text", "application/pdf is no text"),
        (record("response", "u", answer(b"<p>gone</p>", status="404 Not Found")), "http_status", "error"),
        (record("response", "u", answer(b"", status="301 Moved", more="Location: /\r\n")), "http_status", "another address"),
        (record("response", "u", answer(b"<nav>a</nav>")), "no_text", "no main content"),
        (record("response", "u", b"no header of HTTP"), "broken_record", "byte 0 of the file"),
        (record("revisit", "u", answer(b"")), "no_text", "revisit"),
        (record("continuation", "u", b"more", "text/plain"), "no_text", "cut in pieces"),
        (record("conversion", "u", b" \n", "text/plain"), "no_text", "empty"),
        (record("response", "dns:a", b"a. 1 IN A", "text/dns"), "no_text", "text/dns"),
        (record("response", "u", answer(b"<p>" + b"x" * 5_000)), "too_long", "max_text_bytes"),
        (record("response", "u", answer(gzip.compress(b"x" * 99_999), more="Content-Encoding: gzip\r\n")), "too_long", "max"),
    ],
)
def test_what_is_no_document_says_why(tmp_path: Path, made: bytes, rule: str, says: str) -> None:
    (row,) = read(tmp_path / "a.warc", made, fields=Fields.of(IngestSettings(max_text_bytes=4_000)))
    assert (row.line, row.rule, row.text) == (1, rule, None)
    assert says in (row.detail or "")


HTML = "<p>Grüße an alle</p>".encode()


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (HTML, ""),
        (gzip.compress(HTML, mtime=0), "Content-Encoding: gzip\r\n"),
        (zlib.compress(HTML), "Content-Encoding: deflate\r\n"),
        (zlib.compress(HTML)[2:-4], "Content-Encoding: deflate\r\n"),
        (b"%x\r\n%s\r\n0\r\n\r\n" % (len(HTML), HTML), "Transfer-Encoding: chunked\r\n"),
        (HTML, "Content-Encoding: gzip\r\n"),
        (HTML, "Transfer-Encoding: chunked\r\n"),
    ],
)
def test_payloads_are_read_as_a_browser_reads_them(tmp_path: Path, body: bytes, more: str) -> None:
    (row,) = read(tmp_path / "a.warc", record("response", "u", answer(body, more=more)))
    assert row.text == "Grüße an alle"


def test_a_body_that_is_cut_is_no_document_unless_the_archive_says_so(tmp_path: Path) -> None:
    text = "".join(f"<p>Words of paragraph {number}, {number * 7919} of them.</p>" for number in range(300))
    cut = answer(gzip.compress(text.encode())[:-40], more="Content-Encoding: gzip\r\n")
    after = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    told = record("response", "http://a/2", cut, more="WARC-Truncated: length\r\n")
    silent, said, broken = read(tmp_path / "a.warc", record("response", "http://a/1", cut) + told + after)
    assert (silent.text, silent.rule) == (None, "broken_body")
    assert "its gzip body ends before its end" in (silent.detail or "")
    assert (said.text or "").startswith("Words of paragraph 0")
    assert json.loads(said.metadata or "")["truncated"] == "length"
    assert broken.rule == "broken_record"


@pytest.mark.parametrize("damage", ["data", "head", "cut out", "zeros"])
def test_a_broken_member_in_the_middle_costs_itself(tmp_path: Path, damage: str) -> None:
    members = [gzip.compress(page(number)) for number in range(1, 8)]
    place = sum(map(len, members[:3]))
    broken = {
        "data": members[3][:60] + b"\xff" * 20 + members[3][80:],
        "head": b"\0\0\0" + members[3][3:],
        "cut out": members[3][:90],
        "zeros": bytes(len(members[3])),
    }[damage]
    rows = read(tmp_path / "a.warc.gz", b"".join((*members[:3], broken, *members[4:])), "gzip")
    good = [row.key for row in rows if row.rule is None]
    cut = [row for row in rows if row.rule]
    assert good == [f"http://a/{number}" for number in (1, 2, 3, 5, 6, 7)]
    assert [(row.rule, row.line) for row in cut] == [("broken_record", 4)]
    assert f"byte {place}" in (cut[0].detail or "") or f"byte {place - len(members[2])}" in (cut[0].detail or "")


MEMBERS = [gzip.compress(page(number)) for number in range(12)]
WHOLE = b"".join(MEMBERS)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=len(MEMBERS[0]) // 2), st.booleans())
def test_whatever_is_damaged_the_records_beside_it_are_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, damage: bytes, cut: bool
) -> None:
    damaged = WHOLE[:at] + (b"" if cut else damage) + WHOLE[at + len(damage) :]
    ends = list(accumulate(map(len, MEMBERS)))
    touched = {n for n, end in enumerate(ends) if end - len(MEMBERS[n]) < at + len(damage) and at < end}
    rows = read(tmp_path_factory.mktemp("damaged") / "a.warc.gz", damaged, "gzip")
    good = {row.key: row.text for row in rows if row.rule is None}
    expected = {f"http://a/{n}": f"Words of page {n}." for n in range(len(MEMBERS)) if n not in touched}
    assert {key: text for key, text in good.items() if key in expected} == expected
    assert len(rows) == len({row.line for row in rows})
    if damaged != WHOLE:
        assert any(row.rule for row in rows) or len(good) == len(MEMBERS), "a record is lost without a word"


@pytest.mark.parametrize("flags", [4, 8])
def test_a_header_of_a_member_that_never_ends_hides_no_record(tmp_path: Path, flags: int) -> None:
    """The reader of members takes each for the end of the file."""
    for number in (0, 1, len(MEMBERS) - 1):
        at = sum(map(len, MEMBERS[:number])) + 3
        rows = read(tmp_path / "a.warc.gz", WHOLE[:at] + bytes([flags]) + WHOLE[at + 1 :], "gzip")
        good = [row.key for row in rows if row.rule is None]
        assert [f"http://a/{n}" for n in range(len(MEMBERS)) if n != number] == [key for key in good if key != f"http://a/{number}"]
        assert len(good) == len(MEMBERS) or any(row.rule == "broken_record" for row in rows)


@pytest.mark.parametrize("members", ["one a record", "one in all"])
def test_an_archive_that_is_cut_anywhere_says_so(tmp_path: Path, members: str) -> None:
    pages = [page(number) for number in range(4)]
    packed = [gzip.compress(one) for one in pages] if members == "one a record" else [gzip.compress(b"".join(pages))]
    whole = b"".join(packed)
    ends = list(accumulate(map(len, packed)))
    for end in set(range(1, len(whole))) - set(ends):
        rows = read(tmp_path / "a.warc.gz", whole[:end], "gzip")
        good = [(row.key, row.text) for row in rows if row.rule is None]
        assert good == [(f"http://a/{n}", f"Words of page {n}.") for n in range(len(good))], end
        assert len(good) >= sum(one <= end for one in ends), end
        assert rows[-1].rule == "broken_record", end
        assert len({row.line for row in rows}) == len(rows)


def test_garbage_between_records_costs_what_it_hides(tmp_path: Path) -> None:
    pages = [page(number) for number in range(1, 6)]
    rows = read(tmp_path / "a.warc", b"".join((*pages[:2], b"garbage\r\n" * 9, *pages[2:])))
    assert [row.key for row in rows if row.rule is None] == [f"http://a/{number}" for number in range(1, 6)]
    assert [(row.rule, row.line) for row in rows if row.rule] == [("broken_record", 3)]


def claim(made: bytes, length: object) -> bytes:
    """The record, with another length than it has."""
    return re.sub(rb"Content-Length: \d+", f"Content-Length: {length}".encode(), made, count=1)


INFO = record("warcinfo", "i", b"software: x\r\n" * 9, "application/warc-fields")
REQUEST = record("request", "http://a/1", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request")


@pytest.mark.parametrize("codec", ["", "gzip", "zstd"])
@pytest.mark.parametrize("length", [-5, "words", "", 10, 10**11])
@pytest.mark.parametrize("made", [page(0), INFO, REQUEST], ids=["page", "info", "request"])
@pytest.mark.parametrize("place", [0, 2, 7])
def test_a_record_of_a_wrong_length_costs_itself_and_says_where_reading_goes_on(
    tmp_path: Path, codec: str, length: object, made: bytes, place: int
) -> None:
    """In archives that were packed as one: a length too long would swallow all that follows, without a word."""
    pages = [page(number) for number in range(1, 8)]
    first, rest = b"".join(pages[:place]), b"".join(pages[place:])
    rows = read(tmp_path / "a.warc", pack([first + claim(made, length) + rest], codec), codec)
    good = {row.key: row.text for row in rows if row.rule is None}
    assert good == {f"http://a/{number}": f"Words of page {number}." for number in range(1, 8)}
    (cut,) = [row for row in rows if row.rule == "broken_record"]
    where = "the unpacked file" if codec else "the file"
    begins = len(first) + len(claim(made, length))
    onwards = f"reading goes on at byte {begins} of {where}" if rest else "nothing behind it can be read"
    assert (cut.detail or "").endswith(onwards)
    assert len({row.line for row in rows}) == len(rows)


def test_what_breaks_the_packing_behind_a_wrong_length_is_said_and_later_members_are_read(tmp_path: Path) -> None:
    draw = random.Random(1)
    pages = [record("response", f"http://a/{n}", answer(f"<p>{draw.randbytes(2_000).hex()}</p>".encode())) for n in range(300)]
    one = gzip.compress(b"".join((*pages[:2], claim(INFO, -1), *pages[2:200])))
    rows = read(tmp_path / "a.warc.gz", one[:-900] + gzip.compress(b"".join(pages[200:])), "gzip")
    good = [int((row.key or "").rpartition("/")[2]) for row in rows if row.rule is None]
    before = good[: good.index(200)]
    assert before == list(range(len(before)))
    assert len(before) > 100
    assert good[len(before) :] == list(range(200, 300))
    wrong, cut = (row.detail or "" for row in rows if row.rule)
    assert "Invalid WARC header; reading goes on at byte" in wrong
    assert cut.endswith(f"reading goes on at byte {len(one) - 900} of the file")
    (*_, last) = read(tmp_path / "a.warc.zst", zstandard.compress(b"".join((*pages[:9], claim(INFO, -1), *pages[9:])))[:-9], "zstd")
    assert "nothing behind it can be read: " in (last.detail or "")


def test_reading_goes_back_further_than_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "WINDOW_BYTES", 1 << 10)
    monkeypatch.setattr(streams, "CHUNK_BYTES", 1 << 9)
    pages = [page(number) for number in range(1, 30)]
    rows = read(tmp_path / "a.warc.gz", gzip.compress(b"".join((*pages[:9], claim(INFO, 10**9), *pages[9:]))), "gzip")
    assert [row.key for row in rows if row.rule is None] == [f"http://a/{number}" for number in range(1, 30)]


def test_an_archive_that_ends_too_early_says_so(tmp_path: Path) -> None:
    for codec in ("", "gzip"):
        rows = read(tmp_path / "a.warc", pack([page(1), page(2)], codec)[:-30], codec)
        assert [(row.key, row.rule, row.line) for row in rows] == [("http://a/1", None, 1), (None, "broken_record", 2)]
    (row,) = read(tmp_path / "a.warc.gz", b"this is no archive", "gzip")
    assert row.rule == "broken_record"


def test_records_before_a_bomb_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "UNPACKED_FREE", 1 << 20)
    bomb = record("response", "http://a/2", answer(bytes(2 << 20), "image/png"))
    first, last = read(tmp_path / "a.warc.gz", pack([page(1), bomb, page(3)], "gzip"), "gzip")
    assert (first.key, last.rule) == ("http://a/1", "broken_file")
    assert "250 times its size" in (last.detail or "")


@pytest.mark.parametrize("members", ["one a record", "one in all"])
def test_lengths_that_are_not_true_make_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: str) -> None:
    monkeypatch.setattr(warc, "UNPACKED_FREE", 1 << 20)
    records = [made for number in range(9) for made in (claim(page(90 + number), 900_000), page(number))]
    packed = pack(records, "gzip") if members == "one a record" else pack([b"".join(records)], "gzip")
    rows = read(tmp_path / "a.warc.gz", packed, "gzip")
    assert [row.key for row in rows if row.rule is None] == [f"http://a/{number}" for number in range(9)]
    assert {row.rule for row in rows if row.rule} == {"broken_record"}


def test_another_id_and_the_date_of_a_page_are_kept(tmp_path: Path) -> None:
    body = b'<head><meta name="date" content="2020-01-01"></head><p>Some words.</p>'
    fields = Fields.of(IngestSettings(id_field="record_id"))
    (row,) = read(tmp_path / "a.warc", record("response", "http://a/1", answer(body)), fields=fields)
    assert row.key == "<urn:x:http://a/1>"
    said = json.loads(row.metadata or "")
    assert (said["date"], said["published"]) == (DATE, "2020-01-01")
