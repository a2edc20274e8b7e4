"""The form of a text: the definition against a plainer one, and the kernel against the definition."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.text.tidy import clean_text, tidy

TRICKY = st.text(
    st.one_of(
        st.sampled_from("ae \t\r\n\x00\x0b\x0c\x1c\x85\xa0\u0301\u0327\u2028\u2029\ufeff\U0001f600"), st.characters(codec="utf-8")
    )
)


def plainly(text: str) -> str:
    """The definition, character by character."""
    kept = "".join(c for c in text if unicodedata.category(c) != "Cc" or c in "\n\t\r\x85")
    kept = kept.replace("\r\n", "\n")
    for end in "\r\x85\u2028\u2029":
        kept = kept.replace(end, "\n")
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", kept).split("\n")]
    while any(not (a or b) for a, b in zip(lines, lines[1:], strict=False)):
        at = next(i for i in range(len(lines) - 1) if not (lines[i] or lines[i + 1]))
        del lines[at]
    return "\n".join(lines).strip()


@given(text=TRICKY)
def test_it_is_what_the_definition_says(text: str) -> None:
    assert clean_text(text) == plainly(text)


@given(texts=st.lists(st.one_of(st.none(), TRICKY, st.text(st.sampled_from("ab \t\n\n\r\x00\xa0\u2028\u3000é中"))), max_size=5))
def test_the_kernel_says_what_the_definition_says(texts: list[str | None]) -> None:
    expected = [None if text is None else clean_text(text) for text in texts]
    for array in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string()), pa.array(["left out", *texts]).slice(1)):
        assert tidy(array).to_pylist() == expected


def test_every_character_alone_and_beside_others() -> None:
    texts = [f"{chr(code)} e{chr(code)}\n{chr(code)}" for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert tidy(pa.array(texts)).to_pylist() == [clean_text(text) for text in texts]


@given(text=TRICKY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@given(text=TRICKY)
def test_letters_are_never_lost(text: str) -> None:
    def letters(t: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFD", t) if c.isalnum())

    assert letters(clean_text(text)) == letters(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        (" \n\t\r\n\x00 ", ""),
        ("e\u0301", "é"),
        ("e\x00\u0301", "é"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a  \n\n\n\n  b\t", "a\n\n  b"),
        ("a\r\x00\nb", "a\nb"),
        ("\ttabs\tstay", "tabs\tstay"),
    ],
)
def test_examples(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
    assert tidy(pa.array([text])).to_pylist() == [cleaned]


def test_a_long_run_of_spaces_takes_linear_time() -> None:
    text = "a" + " " * 5_000_000 + "b"
    assert clean_text(text) == text
    assert tidy(pa.array([text])).to_pylist() == [text]
