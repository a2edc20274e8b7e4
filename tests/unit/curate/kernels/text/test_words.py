"""The normal form: what makes a word, what is folded away, and that the kernel reads the same words."""

import unicodedata
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.text.words import HAN_PLANES, MOST_WORDS, folds, map_simplified, next_word, word_hash, words


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
        ("\uac00\uac01", ["\u1100\u1161\u1100\u1161\u11a8"]),
        ("\uff28\uff45\uff4c\uff4c\uff4f\uff0c\u3000\uff17", ["hello", "7"]),  # full width
        ("\uff76\uff9e\uff76", ["\u30ab", "\u30ab"]),  # half width, with its voiced mark
        ("\ufb01ne Stra\u00dfe x\u00b2 \u2460", ["fine", "strasse", "x2", "1"]),
        ("1\u00bd \u33a5", ["11", "2", "m3"]),  # a fraction holds a sign that parts words
        ("a\u337fb", ["a", "\u682a", "\u5f0f", "\u4f1a", "\u793e", "b"]),  # one character, four words
        ("\ufdfa", ["\u0635\u0644\u0649", "\u0627\u0644\u0644\u0647", "\u0639\u0644\u064a\u0647", "\u0648\u0633\u0644\u0645"]),
        ("\u9f8d\u99ac\uf9c4", ["\u9f99", "\u9a6c", "\u9f99"]),  # traditional, and for compatibility
        ("\U0002f800\U0002005e", ["\u4e3d", "\U0002003e"]),
        ("\U00020000\U00020001", ["\U00020000", "\U00020001"]),
        ("*** --- \U0001f600 \U000e0100", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert hashes(text.encode()) == [word_hash(word) for word in expected]


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_the_kernel_reads_the_words_of_the_definition(text: str) -> None:
    assert hashes(text.encode()) == [word_hash(word) for word in words(text)]


@settings(max_examples=300)
@given(st.text(max_size=60), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_forms_of_unicode_and_case_do_not_matter(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> None:
    assert words(unicodedata.normalize(form, text)) == words(text)
    assert words(text.casefold()) == words(text)


def test_the_same_article_in_traditional_and_simplified_characters() -> None:
    """Article 1 of the Universal Declaration of Human Rights, as the United Nations print it."""
    traditional = "人人生而自由,在尊嚴和權利上一律平等。他們賦有理性和良心,並應以兄弟關係的精神相對待。"
    simple = "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。"
    assert words(traditional) == words(simple) == [character for character in simple if character not in ",\u3002"]


def test_no_simplified_form_is_simplified_further_and_no_character_gives_more_words_than_its_bytes_allow() -> None:
    assert not set(map_simplified().values()) & {code for code, form in map_simplified().items() if form != code}
    most = max(len(words(chr(code))) / len(chr(code).encode()) for code in range(HAN_PLANES) if not 0xD800 <= code < 0xE000)
    assert most <= MOST_WORDS


@settings(max_examples=300)
@given(st.binary(max_size=40))
def test_broken_utf8_parts_words_and_is_never_read_past(data: bytes) -> None:
    assert len(hashes(data)) <= len(data)


@pytest.mark.parametrize("data", [b"ab\xff", b"ab\xe4\xb8", b"ab\xf0\x9f\x98", b"\x80ab", b"\xc0\xafab", b"ab\xf5\x80\x80\x80"])
def test_a_broken_sequence_leaves_its_neighbours(data: bytes) -> None:
    assert word_hash("ab") in hashes(data)
