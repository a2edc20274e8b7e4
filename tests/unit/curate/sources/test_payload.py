"""Bodies of answers are decoded whole, or it is said that they are not."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.sources.payload import Payload, decode_payload

BODY = ("<p>" + " ".join(f"{random.Random(n).random()} Grüße" for n in range(200)) + "</p>").encode()
LIMIT = 1 << 20


def _chunk(body: bytes) -> bytes:
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


CODINGS: dict[str, tuple[dict[str, str], Callable[[bytes], bytes]]] = {
    "gzip": ({"Content-Encoding": "gzip"}, gzip.compress),
    "members": ({"Content-Encoding": "x-gzip"}, lambda body: gzip.compress(body[:900]) + gzip.compress(body[900:])),
    "zlib": ({"Content-Encoding": "deflate"}, zlib.compress),
    "deflate": ({"Content-Encoding": "Deflate"}, _deflate),
    "br": ({"Content-Encoding": "br"}, brotli.compress),
    "zstd": ({"Content-Encoding": "zstd"}, zstandard.compress),
    "chunked": ({"Transfer-Encoding": "chunked"}, _chunk),
    "both": ({"Transfer-Encoding": "chunked", "Content-Encoding": "identity, gzip"}, lambda body: _chunk(gzip.compress(body))),
}
each_coding = pytest.mark.parametrize("name", list(CODINGS))


@each_coding
def test_a_whole_body_is_what_was_coded(name: str) -> None:
    headers, code = CODINGS[name]
    assert decode_payload(code(BODY), headers, LIMIT) == Payload(BODY)


@each_coding
def test_a_cut_body_is_never_taken_for_a_whole_one(name: str) -> None:
    headers, code = CODINGS[name]
    coded = code(BODY)
    whole = {len(coded) - 2, len(coded) - 1} if name in ("chunked", "both") else set()  # but the line behind the end
    if name == "members":
        whole = {len(gzip.compress(BODY[:900]))}  # one member alone is a body
    for end in set(range(12, len(coded))) - whole:
        found = decode_payload(coded[:end], headers, LIMIT)
        assert found.flaw, end
        assert BODY.startswith(found.data), end
        assert found.cut == bool(found.data), end


@pytest.mark.parametrize("name", ["gzip", "members", "zlib"])
@given(data=st.data())
def test_a_changed_byte_is_never_taken_for_a_whole_body(name: str, data: st.DataObject) -> None:
    headers, code = CODINGS[name]
    coded = bytearray(code(BODY))
    coded[data.draw(st.integers(10, len(coded) - 1))] ^= data.draw(st.integers(1, 255))
    found = decode_payload(bytes(coded), headers, LIMIT)
    assert found.flaw or found.data == BODY[: len(found.data)]


@each_coding
def test_a_body_beyond_the_limit_is_cut_behind_it_without_a_flaw(name: str) -> None:
    headers, code = CODINGS[name]
    if name != "both":  # the chunks alone pass the limit
        assert decode_payload(code(BODY), headers, 1000) == Payload(BODY[:1001])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "utf-8", "chunked"])
def test_a_coding_that_the_archive_has_undone_leaves_letters_as_they_are(coding: str) -> None:
    for body in (BODY, "<p>Grüße</p>".encode("utf-16"), "<p>日本</p>".encode("iso2022_jp")):
        assert decode_payload(body, {"Content-Encoding": coding}, LIMIT) == Payload(body)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "compress"])
def test_bytes_that_are_no_letters_and_of_no_known_coding_are_a_flaw(coding: str) -> None:
    junk = random.Random(coding).randbytes(900)
    assert decode_payload(junk, {"Content-Encoding": coding}, LIMIT) == Payload(b"", f"its body is no {coding}, or broken")
