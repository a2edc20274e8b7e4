"""Finds names of persons, addresses and organisations in Chinese texts, by what the words of a model are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.names.chinese_words import HAN, LEAST_HAN, Word, list_words

TYPES = ("person", "address", "organisation")
"""What is found, in the order of its numbers."""
PERSON, PLACE, ORGANISATION = "PER", "LOC", "ORG"
DIGITS = "0-9０-９零〇一二三四五六七八九十百甲乙丙丁"
UNITS = "号楼|号院|號樓|号|號|弄|巷|栋|棟|幢|座|楼|樓|层|層|单元|單元|室|门|門|户|院|组|組|期|区|區"
UNIT = re.compile(rf"[A-Za-z{DIGITS}#＃\-－—]+(?:{UNITS})?|{UNITS}")
"""A word that goes on with an address: a number, what it counts, or both."""
HOUSE = re.compile(rf"[A-Za-z{DIGITS}](?:{UNITS})")
"""What tells an address from the name of a place: something is counted within it, a house or a flat."""
STREETS = "路街道巷弄村里"
"""Last characters of names of streets and villages."""


def find_names(texts: Any) -> tuple[NDArray[np.int64], ...]:
    """Persons, addresses and organisations in an Arrow string array.

    Returns:
        Of each, in the order of the texts: text, number of its type in ``TYPES``, start and end in bytes, and in code points.
    """
    held = [text or "" for text in texts.to_pylist()]
    rows = []
    for row, (text, sentences) in enumerate(zip(held, list_words(held), strict=True)):
        byte = point = 0
        for sentence in sentences:
            for kind, start, end in list_named(text, sentence):
                first = byte + len(text[point:start].encode())
                last = first + len(text[start:end].encode())
                rows.append((row, TYPES.index(kind), first, last, start, end))
                byte, point = last, end
    return tuple(np.ascontiguousarray(np.array(rows, np.int64).reshape(-1, 6).T))


def list_named(text: str, words: Sequence[Word]) -> Iterator[tuple[str, int, int]]:
    """What the words of a sentence name: type, start and end in code points, in their order.

    A name of a place alone says of nobody where he lives: an address begins with one, goes on over places, organisations and
    numbers, and counts a house or flat. Words without two Han characters are no names here: of other scripts the model knows
    little.
    """
    at = 0
    while at < len(words):
        word, size = words[at], 1
        if _may_begin(text, word) and (size := _measure_address(text, words[at:])):
            yield "address", word.start, words[at + size - 1].end
        elif word.kind in (PERSON, ORGANISATION) and len(HAN.findall(text, word.start, word.end)) >= LEAST_HAN:
            yield "person" if word.kind == PERSON else "organisation", word.start, word.end
        at += size or 1


def _measure_address(text: str, words: Sequence[Word]) -> int:
    """How many words from the first on are an address; 0 where they are none."""
    size = 1
    while size < len(words) and _goes_on(text, words[size]):
        size += 1
    while size > 1 and words[size - 1].kind == ORGANISATION:
        size -= 1
    return size if HOUSE.search(text[words[0].start : words[size - 1].end]) else 0


def _may_begin(text: str, word: Word) -> bool:
    """Whether a word is a place, or one that the model takes for an organisation and that ends as streets do."""
    return word.kind == PLACE or (word.kind == ORGANISATION and text[word.end - 1] in STREETS)


def _goes_on(text: str, word: Word) -> bool:
    return word.kind in (PLACE, ORGANISATION) or UNIT.fullmatch(text, word.start, word.end) is not None
