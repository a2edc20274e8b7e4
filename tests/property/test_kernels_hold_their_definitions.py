"""Every set's kernel says what its definition says, on any Unicode, whatever way Arrow holds the texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.core.signal import SignalSet
from resonance.curate.kernels.basics.basics import HEAD_CHARS
from resonance.curate.kernels.datatrove.c4_lines import rewrite
from resonance.curate.kernels.datatrove.datatrove import c4_lines
from resonance.curate.kernels.english.english import count_sentences, rules, words
from resonance.curate.kernels.english.english_kernel import words as kernel_words
from resonance.curate.kernels.english.phrases import C4_PHRASES
from resonance.curate.signals import BASICS, SETS

LINE_ENDS = ["\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
ODD = ["\0", "\ufeff", "\u200d", "a\u0301", "\u0301", "\u3000", "\xa0", "\t", "  ", "😀", "\U000e0001", "\U0010ffff", "İ", "ſ", "K"]
MARKS = [
    "...",
    "…",
    "•",
    "-",
    "#",
    "{",
    "[1]",
    "[edit]",
    "[citation needed]",
    "[٣]",
    ".",
    ",",
    "!",
    "?",
    '"',
    "'s",
    "(",
    ")",
    "://",
    "@",
]
WORDS = ["the", "be", "of", "Word", "words", "3", "10km", "中文字", "слово", "x" * 1001, "www.ab.de", "8.8.8.8", "a.m.", "don't"]
PIECES = st.sampled_from([*LINE_ENDS, *ODD, *MARKS, *WORDS, *WORDS, " ", " ", " ", *C4_PHRASES, "JavaScript", "use cooKies"])
CASES = st.sampled_from(sorted(rules().special_cases))
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.one_of(PIECES, PIECES, CASES), max_size=60).map("".join))


def alike(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, (int, float)):
        return math.isclose(left, right, abs_tol=1e-9)
    return left == right


def held_apart(texts: Sequence[str | None]) -> list[pa.Array]:
    """The same texts as strings, as large strings, and as a slice of a longer array."""
    return [
        pa.array(texts, pa.string()),
        pa.array(texts, pa.large_string()),
        pa.array(["left out", *texts, "too"]).slice(1, len(texts)),
    ]


@pytest.mark.parametrize("held", SETS, ids=lambda held: held.name)
@settings(max_examples=120)
@given(texts=st.lists(st.one_of(st.none(), TEXTS), max_size=4))
def test_signals(held: SignalSet, texts: list[str | None]) -> None:
    nothing = dict.fromkeys(held.names)
    expected = [nothing if text is None else dict(zip(held.names, held.plainly(text), strict=True)) for text in texts]
    for array in held_apart(texts):
        found = held.measure(array).to_pylist()
        different = [
            (n, a, b)
            for x, y in zip(found, expected, strict=True)
            for n, a, b in zip(x, x.values(), y.values(), strict=True)
            if not alike(a, b)
        ]
        assert different == []


@settings(max_examples=200)
@given(text=st.text(st.characters(exclude_categories=("Cs", "L")), max_size=200), letter=st.characters(categories=("L",)))
def test_a_text_without_a_letter_is_in_no_language(text: str, letter: str) -> None:
    head = text.ljust(HEAD_CHARS, ".")
    for whole in (text, head + letter):
        (found,) = BASICS.measure(pa.array([whole])).to_pylist()
        assert {value for name, value in found.items() if name.startswith("language")} == {None}


@settings(max_examples=200)
@given(texts=st.lists(TEXTS, max_size=4))
def test_words_and_sentences(texts: list[str]) -> None:
    found, sentences = kernel_words(pa.array(texts, pa.string()))
    assert found == [words(text) for text in texts]
    assert sentences.tolist() == [count_sentences(text) for text in texts]


@settings(max_examples=200)
@given(texts=st.lists(TEXTS, max_size=4))
def test_rewrite(texts: list[str]) -> None:
    stays = ("kept", "lorem_ipsum", "curly_bracket")
    expected = ["\n".join(line.text for line in c4_lines(text) if line.fate in stays).strip() for text in texts]
    for array in held_apart(texts):
        assert rewrite(array)[0].to_pylist() == expected


@pytest.mark.parametrize("held", SETS, ids=lambda held: held.name)
def test_a_long_text_without_a_space(held: SignalSet) -> None:
    text = "x" * (5_000 if held.name == "privacy" else 1_000_000)  # its definition tries each pattern at each letter
    plain = dict(zip(held.names, held.plainly(text), strict=True))
    found = held.measure(pa.array([text])).to_pylist()[0]
    assert all(alike(found[name], plain[name]) for name in held.names)
