"""English words and sentences: cases worked out from spaCy's rules; the compiled form gives the same tokens.

The parity bench holds both to spaCy itself, on real and on random texts.
"""

from __future__ import annotations

import pyarrow as pa
import pytest

from resonance.curate.kernels.english import english, english_kernel

CASES = {
    "": [],
    " \n\t ": [],
    "Hello, world!": ["Hello", ",", "world", "!"],
    "don't": ["do", "n't"],
    "He's here...": ["He", "'s", "here", "..."],
    "(see fig. 3)": ["(", "see", "fig", ".", "3", ")"],
    "U.S.A. and e.g. this": ["U.S.A.", "and", "e.g.", "this"],
    "at 10a.m. sharp": ["at", "10", "a.m.", "sharp"],
    "10km, 5% and 20°C.": ["10", "km", ",", "5", "%", "and", "20", "°", "C", "."],
    "US$5 or $5": ["US$", "5", "or", "$", "5"],
    "well-known x=y a/b": ["well", "-", "known", "x", "=", "y", "a", "/", "b"],
    "a--b": ["a", "--", "b"],
    "3-4 and 3*4": ["3", "-", "4", "and", "3", "*", "4"],
    "end.Next": ["end", ".", "Next"],
    "foo,bar": ["foo", ",", "bar"],
    "www.example.com/a?b=c": ["www.example.com/a?b=c"],
    "http://a-b.org:8080.": ["http://a-b.org:8080", "."],
    "me@example.org": ["me@example.org"],
    "8.8.8.8": ["8.8.8.8"],
    "10.0.0.1": ["10.0.0.1"],
    "<3 C:D :-)": ["<3", "C", ":D", ":-)"],
    "中文。好": ["中文。好"],
    "emoji😀here": ["emoji", "😀", "here"],
    "''quoted''": ["''", "quoted", "''"],
    "x°C.°y x°F.°z end": ["x", "°", "C", ".", "°", "y", "x", "°", "F", ".", "°", "z", "end"],
    "+1 +x": ["+1", "+", "x"],
}

SENTENCES = {
    "": 0,
    "One": 1,
    "One. Two": 2,
    "One.Two": 2,
    "Is it? Yes! It is.": 3,
    "Wait... what": 1,
    'He said "no." Then left.': 2,
    "One. ) Two": 2,
    "One.  ": 2,
    "One. ": 1,
}


@pytest.mark.parametrize("text", CASES)
def test_words(text: str) -> None:
    assert english.words(text) == CASES[text]
    assert english_kernel.words(pa.array([text]))[0] == [CASES[text]]


@pytest.mark.parametrize("text", SENTENCES)
def test_sentences(text: str) -> None:
    assert english.count_sentences(text) == SENTENCES[text]
    assert english_kernel.words(pa.array([text]))[1].tolist() == [SENTENCES[text]]


def test_special_cases_are_spelt_by_their_tokens() -> None:
    table = english.rules()
    assert all("".join(tokens) == text for text, tokens in table.special_cases.items())
    assert max(map(len, table.phrases)) <= english_kernel.LONGEST_PHRASE


def test_every_special_case_alone_and_between_marks() -> None:
    texts = [
        f"{before}{case}{after}" for case in english.rules().special_cases for before, after in (("", ""), ("(", ")"), ("", ","))
    ]
    assert english_kernel.words(pa.array(texts))[0] == [english.words(text) for text in texts]
