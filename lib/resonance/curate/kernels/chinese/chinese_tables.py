"""What the set ``chinese`` looks characters and phrases up in: function words, forms, marks, phrases of advertisements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.text.character_classes import TABLE
from resonance.curate.kernels.text.words import map_simplified

MARKS = "，。、；：！？…,.;:!?"
"""What parts a sentence, or ends it."""
ENDS = "。！？…!?"
SEPARATORS = "|｜│·»›>→"
"""What stands between the entries of a menu."""

TRADITIONAL, SIMPLIFIED, CLASSICAL, MARK, END, SEPARATOR = (1 << place for place in range(6))

FULL_WIDTH = range(0xFF01, 0xFF5F)
HALF = 0xFEE0
"""How far the full-width form of a character is from its own."""


@cache
def read_lists() -> Mapping[str, Any]:
    """The lists as the data file has them."""
    return json.loads(files("resonance.curate.kernels").joinpath("data", "chinese.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def fold_code(code: int) -> int:
    """The character as phrases are written: simplified, half width, in lower case; rare ones from ``TABLE`` on as they are."""
    if code >= TABLE:
        return code
    if code in FULL_WIDTH:
        code -= HALF
    form = map_simplified().get(code, code)
    code = form if form < TABLE else code
    return code + 32 if ord("A") <= code <= ord("Z") else code


@cache
def number_function_words() -> dict[int, int]:
    """The number, from 1, of each function word, in both forms."""
    numbers = {ord(word): number for number, word in enumerate(read_lists()["function"], 1)}
    forms = {code: numbers[form] for code, form in map_simplified().items() if form in numbers and code < TABLE}
    return forms | numbers


@cache
def bits() -> NDArray[np.uint8]:
    """What each code point below ``TABLE`` is, as bits."""
    table = np.zeros(TABLE, np.uint8)
    for traditional, simplified in map_simplified().items():
        if traditional < TABLE:
            table[traditional] |= TRADITIONAL
        if simplified < TABLE and simplified not in map_simplified():
            table[simplified] |= SIMPLIFIED
    for bit, held in ((CLASSICAL, read_lists()["classical"]), (MARK, MARKS), (END, ENDS), (SEPARATOR, SEPARATORS)):
        for sign in held:
            table[ord(sign)] |= bit
    return table


class Tables(NamedTuple):
    """Arrays that the kernel reads, each looked up by code point but for the last two.

    Args:
        bits: what a character is.
        words: numbers of function words.
        folded: how phrases are written.
        heads: the number, from 1, of the first phrase that begins so.
        phrases: characters of all phrases; those that begin alike stand together, long ones first.
        bounds: where each phrase begins in them.
    """

    bits: NDArray[np.uint8]
    words: NDArray[np.uint8]
    folded: NDArray[np.uint32]
    heads: NDArray[np.int32]
    phrases: NDArray[np.uint32]
    bounds: NDArray[np.int64]


@cache
def tables() -> Tables:
    """All of them."""
    words = np.zeros(TABLE, np.uint8)
    for code, number in number_function_words().items():
        words[code] = number
    folded = np.fromiter(map(fold_code, range(TABLE)), np.uint32, TABLE)
    phrases = sorted(read_lists()["spam"], key=lambda phrase: (phrase[0], -len(phrase), phrase))
    heads = np.zeros(TABLE, np.int32)
    for number, phrase in reversed(list(enumerate(phrases, 1))):
        heads[ord(phrase[0])] = number
    codes = np.array([ord(sign) for phrase in phrases for sign in phrase], np.uint32)
    bounds = np.cumsum([0, *map(len, phrases)], dtype=np.int64)
    return Tables(bits(), words, folded, heads, codes, bounds)
