"""The profile ``datatrove``: the signals of datatrove 0.10's Gopher, C4 and FineWeb filters, defined in plain Python.

Sources: Rae et al. 2021 (Gopher, arXiv 2112.11446, table A1), Raffel et al. 2020 (C4), Penedo et al. 2024 (FineWeb), as
datatrove means them: words and sentences are those of spaCy's blank English pipeline (``kernels/english/english.py``), FineWeb's
signals are taken on the text that C4's line rules leave, and C4 does not ask for an end mark (as in FineWeb's own recipe;
C4's other line parameters are datatrove's defaults, and all are part of the version).

A ratio without a denominator (no words, no lines) is not defined: null. ``datatrove_kernel.py`` is held to these functions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from resonance.curate.kernels.english.english import Ranges, count_sentences, rules, words
from resonance.curate.kernels.english.phrases import JAVASCRIPT, LOREM_IPSUM, POLICIES

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = ("•", "-")
ELLIPSES = ("...", "…")
TOP_GRAMS = (2, 3, 4)
DUPLICATED_GRAMS = (5, 6, 7, 8, 9, 10)
MAX_WORD_CHARS = 1_000
MIN_LINE_WORDS = 3
SHORT_LINE_CHARS = 30
CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")

Value = float | None
Fate = Literal["kept", "too_long_word", "too_few_words", "lorem_ipsum", "javascript", "curly_bracket", "policy"]


class Line(NamedTuple):
    """What C4 makes of one line: its text without citations, and its fate. Where a document falls, the line stays."""

    text: str
    fate: Fate


def plainly(text: str) -> tuple[Value, ...]:
    """The values of the set ``datatrove`` for one text."""
    tokens = words(text)
    return (*_quality(text, tokens), *_repetition(text, tokens), *_c4_and_fineweb(text))


def _quality(text: str, tokens: Sequence[str]) -> Iterator[Value]:
    symbols = marks(rules().datatrove_punctuation)
    plain = [word for word in tokens if not symbols.issuperset(word)]
    lines = text.splitlines()
    yield len(tokens)
    yield len(plain)
    yield _ratio(sum(map(len, plain)), len(plain))
    yield _ratio(text.count("#"), len(tokens))
    yield _ratio(sum(map(text.count, ELLIPSES)), len(tokens))
    yield _ratio(sum(line.lstrip().startswith(BULLETS) for line in lines), len(lines))
    yield _ratio(sum(line.rstrip().endswith(ELLIPSES) for line in lines), len(lines))
    yield _ratio(sum(any(map(str.isalpha, word)) for word in tokens), len(tokens))
    yield len(set(STOP_WORDS).intersection(tokens))


def _repetition(text: str, tokens: Sequence[str]) -> Iterator[Value]:
    for parts in (re.split(r"\n{2,}", text.strip()), re.split(r"\n+", text)):
        again, chars = _count_repeated(parts)
        yield _ratio(again, len(parts)) if text else None
        yield _ratio(chars, len(text))
    for n in TOP_GRAMS:
        grams = [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        commonest, times = Counter(grams).most_common(1)[0] if grams else ("", 0)
        yield _ratio(len(commonest) * times, len(text))
    for n in DUPLICATED_GRAMS:
        yield _ratio(_count_duplicated(tokens, n), len(text))


def _count_repeated(parts: Sequence[str]) -> tuple[int, int]:
    """How many parts are later copies, and their characters."""
    again = len(parts) - len(set(parts))
    return again, sum(map(len, parts)) - sum(map(len, set(parts)))


def _count_duplicated(tokens: Sequence[str], n: int) -> int:
    """Characters of repeated n-grams that do not overlap."""
    seen: set[str] = set()
    chars = at = 0
    while at + n <= len(tokens):
        gram = "".join(tokens[at : at + n])
        hit = gram in seen
        seen.add(gram)
        chars += len(gram) if hit else 0
        at += n if hit else 1
    return chars


def c4_lines(text: str) -> list[Line]:
    """Each line of ``text`` and its fate by C4's rules, the first that applies."""
    return [_c4_line(line.strip()) for line in text.splitlines()]


def _c4_line(line: str) -> Line:
    in_line = line.split()
    if any(len(word) > MAX_WORD_CHARS for word in in_line):
        return Line(line, "too_long_word")
    line = CITATION.sub("", line)
    lower = line.lower()
    if len(in_line) < MIN_LINE_WORDS:
        return Line(line, "too_few_words")
    if LOREM_IPSUM in lower:
        return Line(line, "lorem_ipsum")
    if JAVASCRIPT in lower:
        return Line(line, "javascript")
    if "{" in line:
        return Line(line, "curly_bracket")
    return Line(line, "policy" if any(phrase in lower for phrase in POLICIES) else "kept")


def _c4_and_fineweb(text: str) -> Iterator[Value]:
    judged = c4_lines(text)
    kept = [line.text for line in judged if line.fate in ("kept", "lorem_ipsum", "curly_bracket")]
    yield sum(line.fate == "lorem_ipsum" for line in judged)
    yield sum(line.fate == "curly_bracket" for line in judged)
    yield len(kept)
    yield sum(map(count_sentences, kept))
    left = "\n".join(kept).strip()
    lines = [line for line in left.split("\n") if line.strip()]
    terminal = tuple(marks(rules().datatrove_terminal))
    yield _ratio(sum(line.endswith(terminal) for line in lines), len(lines))
    yield _ratio(sum(len(line) <= SHORT_LINE_CHARS for line in lines), len(lines))
    yield _ratio(_count_repeated(lines)[1], len(left.replace("\n", "")))
    yield _ratio(left.count("\n"), len(words(left)))


def marks(ranges: Ranges) -> frozenset[str]:
    """The characters of some ranges."""
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


def _ratio(part: float, whole: float) -> Value:
    return part / whole if whole else None
