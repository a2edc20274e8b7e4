"""The normal form: what makes a word, what is folded away, and that the kernel reads the same words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.words import folds, next_word, word_hash, words


def hashes(data: bytes) -> list[int]:
    buffer, found, at = np.frombuffer(data, np.uint8), [], 0
    while True:
        value, at = next_word(buffer, at, len(buffer), folds())
        if at < 0:
            return found
        found.append(int(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World! x_1", ["hello", "world", "x", "1"]),
        ("na\u00efve na\u0131ve cafe\u0301 \u00c5ngstr\u00f6m", ["naive", "na\u0131ve", "cafe", "angstrom"]),
        ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", ["\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c3"]),
        ("soft\u00adhyphen zero\u200dwidth", ["softhyphen", "zerowidth"]),
        ("\u4e2d\u6587abc\u5b57", ["\u4e2d", "\u6587", "abc", "\u5b57"]),
        ("\u30ab\u30bf\u30ab\u30ca", ["\u30ab", "\u30bf", "\u30ab", "\u30ca"]),
        ("\uac00\uac01", ["\uac00\uac01"]),
        ("\U00020000\U00020001", ["\U00020000", "\U00020001"]),
        ("*** --- \U0001f600 \U000e0100", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert hashes(text.encode()) == [word_hash(word) for word in expected]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_the_kernel_reads_the_words_of_the_definition(text: str) -> None:
    assert hashes(text.encode()) == [word_hash(word) for word in words(text)]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_broken_utf8_parts_words_and_is_never_read_past(data: bytes) -> None:
    assert len(hashes(data)) <= len(data)


@pytest.mark.parametrize("data", [b"ab\xff", b"ab\xe4\xb8", b"ab\xf0\x9f\x98", b"\x80ab", b"\xc0\xafab", b"ab\xf5\x80\x80\x80"])
def test_a_broken_sequence_leaves_its_neighbours(data: bytes) -> None:
    assert word_hash("ab") in hashes(data)
