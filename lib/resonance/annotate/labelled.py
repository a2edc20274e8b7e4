"""Labelled sentences and texts: read, split into those that train and those that judge, and compared with what a model says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from resonance.annotate.signals import SENTIMENTS
from resonance.core.errors import InputError

HELD_OUT = 5
"""One sentence in so many judges, and trains nothing."""
Sentence = tuple[tuple[str, str], ...]
"""Words with their tags."""


@dataclass(frozen=True)
class Labelled:
    """Sentences that train, and sentences held out."""

    train: tuple[Sentence, ...]
    held_out: tuple[Sentence, ...]


def read_labelled(lines: Iterable[str], where: str, separator: str, seed: int) -> Labelled:
    """The sentences of these lines: words with their tags, ``word/TAG``, with white space between them.

    A sentence is held out by a hash of its line and the seed, so that equal lines are on the same side.

    Raises:
        InputError: a word has no tag, or one of both sides is empty.
    """
    sides: tuple[list[Sentence], list[Sentence]] = ([], [])
    for number, line in enumerate(lines, 1):
        pairs = [word.rpartition(separator) for word in line.split()]
        if wrong := next(("".join(pair) for pair in pairs if not pair[0] or not pair[2]), None):
            raise InputError(f"{where}: line {number}: {wrong!r} is no word with a tag, such as word{separator}TAG")
        if pairs:
            sides[_is_held_out(line, seed)].append(tuple((word, tag) for word, _, tag in pairs))
    if not all(sides):
        raise InputError(f"{where}: {sum(map(len, sides))} sentences are too few to train on some and to judge by others")
    return Labelled(*map(tuple, sides))


def _is_held_out(line: str, seed: int) -> bool:
    return hashlib.sha256(f"{seed}\0{line.strip()}".encode()).digest()[0] % HELD_OUT == 0


def read_sentiments(lines: Iterable[str], where: str, seed: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The labels and texts of lines such as ``positive<TAB>I like it.``: those that train, and those held out by a hash.

    Raises:
        InputError: a line has no such label, or one of both sides is empty.
    """
    sides: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for number, line in enumerate(lines, 1):
        label, _, text = line.strip().partition("\t")
        if label and (label not in SENTIMENTS or not text.strip()):
            raise InputError(f"{where}: line {number} is no label ({' or '.join(SENTIMENTS)}), a tab and a text")
        if label:
            sides[_is_held_out(line, seed)].append((label, text.strip()))
    if not all(sides):
        raise InputError(f"{where}: {sum(map(len, sides))} texts are too few to train on some and to judge by others")
    return sides


def read_lemmas(lines: Iterable[str], where: str) -> dict[str, list[str]]:
    """The forms of each lemma, from lines such as ``went<TAB>go``. A form that stands there twice has the first lemma.

    Raises:
        InputError: a line is no form with a lemma, or there is none.
    """
    lemmas: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words and (len(words) != 2 or line.strip().count("\t") != 1):
            raise InputError(f"{where}: line {number} is no form, a tab and its lemma")
        if words:
            lemmas.setdefault(*words)
    if not lemmas:
        raise InputError(f"{where}: there is no form with a lemma")
    found: dict[str, list[str]] = {}
    for form, lemma in lemmas.items():
        found.setdefault(lemma, []).append(form)
    return found


def split_words(sentence: Sentence) -> list[tuple[str, str]]:
    """The characters of a sentence, each with its place in a word: first, inside or last of several, or alone.

    Spark NLP calls these LL, MM, RR and LR.
    """
    found = []
    for word, _ in sentence:
        marks = ["LR"] if len(word) == 1 else ["LL", *["MM"] * (len(word) - 2), "RR"]
        found += list(zip(word, marks, strict=True))
    return found


def share_right(expected: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> float:
    """The share of words whose tag is right; those of a sentence of which another number is said are wrong."""
    words = sum(map(len, expected))
    right = sum(
        sum(a == b for a, b in zip(one, other, strict=True))
        for one, other in zip(expected, said, strict=True)
        if len(one) == len(other)
    )
    return right / max(words, 1)


def find_places(words: Sequence[str]) -> set[tuple[int, int]]:
    """Where words stand in the text that they make together."""
    ends = list(accumulate(map(len, words)))
    return set(zip([0, *ends], ends, strict=False))


def compare_words(expected: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> dict[str, float]:
    """Precision, recall and F1 of words by their places, as in the bakeoffs of SIGHAN."""
    pairs = [(find_places(one), find_places(other)) for one, other in zip(expected, said, strict=True)]
    right = sum(len(one & other) for one, other in pairs)
    precision = right / max(sum(len(other) for _, other in pairs), 1)
    recall = right / max(sum(len(one) for one, _ in pairs), 1)
    both = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / both if both else 0.0}
