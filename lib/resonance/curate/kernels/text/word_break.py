"""Words by Unicode's default boundaries (UAX #29, revision 45, Unicode 16.0), as uniseg 0.10 finds them.

``data/word_break.json`` says which characters have which Word_Break property. Rule numbers (WB3 …) are those of
https://www.unicode.org/reports/tr29/tr29-45.html#Word_Boundary_Rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.character_bits import ALL, ALNUM, bits
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import FULL, HASHES, INT, SUMS
from resonance.curate.kernels.text.scan import BYTES, code_point, mix
from resonance.curate.kernels.text.words import BASIS, PRIME

DATA = Path(__file__).parents[1] / "data" / "word_break.json"

KINDS = (
    "Other",
    "ALetter",
    "Hebrew_Letter",
    "Numeric",
    "Katakana",
    "ExtendNumLet",
    "MidLetter",
    "MidNum",
    "MidNumLet",
    "Single_Quote",
    "Double_Quote",
    "Regional_Indicator",
    "WSegSpace",
    "Extend",
    "Format",
    "ZWJ",
    "CR",
    "LF",
    "Newline",
)
"""The values of Word_Break."""
(
    OTHER,
    LETTER,
    HEBREW,
    NUMERIC,
    KATAKANA,
    JOINER,
    MID_LETTER,
    MID_NUM,
    MID_BOTH,
    QUOTE,
    DOUBLE_QUOTE,
    FLAG,
    BLANK,
    EXTEND,
    FORMAT,
    ZWJ,
    CR,
    LF,
    NEWLINE,
) = range(len(KINDS))

KIND, PICTURE, WORDY = 31, 32, 64
"""What a byte of ``table`` holds: the number of the kind, whether Extended_Pictographic, whether ``str.isalnum``."""

NONE = -1

_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)


@cache
def table() -> NDArray[np.uint8]:
    """The kind and the two bits of every code point."""
    held = np.zeros(ALL, np.uint8)
    content = json.loads(DATA.read_text(encoding="ascii"))
    for name, ranges in content.items():
        if name != "source":
            for span in ranges.split():
                first, _, last = span.partition("-")
                held[int(first, 16) : int(last or first, 16) + 1] |= (
                    PICTURE if name == "Extended_Pictographic" else KINDS.index(name)
                )
    held[bits() & ALNUM != 0] |= WORDY
    held.flags.writeable = False
    return held


def segments(text: str) -> Iterator[str]:
    """The pieces between word boundaries, white space and punctuation too; the definition that the kernel is held to."""
    marks = [int(table()[ord(sign)]) for sign in text]
    kinds = [mark & KIND for mark in marks]
    solid = [at for at, kind in enumerate(kinds) if not EXTEND <= kind <= ZWJ]
    number = {at: i for i, at in enumerate(solid)}
    joined = _join_characters([kinds[at] for at in solid])
    start = 0
    for at in range(1, len(text)):
        before, here = kinds[at - 1], kinds[at]
        if before == CR and here == LF:  # WB3
            continue
        if before < CR and here < CR:
            if before == ZWJ and marks[at] & PICTURE or before == here == BLANK:  # WB3c, WB3d
                continue
            if at not in number or joined[number[at]]:  # WB4, and the rules of solid characters
                continue
        yield text[start:at]
        start = at
    if text:
        yield text[start:]


def _join_characters(kinds: Sequence[int]) -> list[bool]:
    """Which of the characters that WB4 does not skip go on the word of the one before."""
    flags, found = 0, []
    for i, here in enumerate(kinds):
        last, before = (kinds[i - 1] if i else NONE), (kinds[i - 2] if i > 1 else NONE)
        after = kinds[i + 1] if i + 1 < len(kinds) else NONE
        joins = _letters(before, last, here, after) or _numbers(before, last, here, after) or last == here == KATAKANA
        joins = joins or here == JOINER and LETTER <= last <= JOINER  # WB13a
        joins = joins or last == JOINER and LETTER <= here <= KATAKANA  # WB13b
        flags = flags + 1 if here == FLAG else 0
        found.append(joins or here == FLAG and flags % 2 == 0)  # WB15, WB16
    return found


def _letters(before: int, last: int, here: int, after: int) -> bool:
    letters, mids = (LETTER, HEBREW), (MID_LETTER, MID_BOTH, QUOTE)
    return (
        (last in letters and here in letters)  # WB5
        or (last in letters and here in mids and after in letters)  # WB6
        or (before in letters and last in mids and here in letters)  # WB7
        or (last == HEBREW and here == QUOTE)  # WB7a
        or (last == HEBREW and here == DOUBLE_QUOTE and after == HEBREW)  # WB7b
        or (before == HEBREW and last == DOUBLE_QUOTE and here == HEBREW)  # WB7c
    )


def _numbers(before: int, last: int, here: int, after: int) -> bool:
    letters, mids = (LETTER, HEBREW), (MID_NUM, MID_BOTH, QUOTE)
    return (
        (last == NUMERIC and here == NUMERIC)  # WB8
        or (last in letters and here == NUMERIC)  # WB9
        or (last == NUMERIC and here in letters)  # WB10
        or (before == NUMERIC and last in mids and here == NUMERIC)  # WB11
        or (last == NUMERIC and here in mids and after == NUMERIC)  # WB12
    )


@compiled(INT(BYTES, INT, INT, BYTES))
def next_solid(data, at, end, table):  # type: ignore[no-untyped-def]
    """The kind of the first character from ``at`` on that WB4 does not skip."""
    while at < end:
        code, at = code_point(data, at, end)
        kind = np.int64(table[code] & KIND)
        if kind < EXTEND or kind > ZWJ:
            return kind
    return NONE


@compiled(types.boolean(INT, INT, INT, types.boolean, BYTES, INT, INT, BYTES))
def joins(before, last, here, paired, data, after, end, table):  # type: ignore[no-untyped-def]
    """Whether a solid character goes on the word of the one before; ``after`` is where the next one starts."""
    if here <= JOINER:
        if here == OTHER or last == NONE:
            return False
        if LETTER <= last <= NUMERIC and LETTER <= here <= NUMERIC:  # WB5, WB8 to WB10
            return True
        if here == JOINER or last == JOINER:  # WB13a, WB13b
            return LETTER <= last <= JOINER
        if here == KATAKANA or last == KATAKANA:  # WB13
            return here == last
        if here == NUMERIC:  # WB11
            return before == NUMERIC and MID_NUM <= last <= QUOTE
        if last == DOUBLE_QUOTE:  # WB7c
            return before == HEBREW and here == HEBREW
        return LETTER <= before <= HEBREW and (last == MID_LETTER or MID_BOTH <= last <= QUOTE)  # WB7
    if here == FLAG:  # WB15, WB16
        return paired
    if here > DOUBLE_QUOTE or not LETTER <= last <= NUMERIC:
        return False
    if last == HEBREW and here == QUOTE:  # WB7a
        return True
    if last == NUMERIC:  # WB12
        return MID_NUM <= here <= QUOTE and next_solid(data, after, end, table) == NUMERIC
    if here == DOUBLE_QUOTE:  # WB7b
        return last == HEBREW and next_solid(data, after, end, table) == HEBREW
    return here != MID_NUM and LETTER <= next_solid(data, after, end, table) <= HEBREW  # WB6


@compiled(INT(BYTES, INT, INT, BYTES, HASHES, SUMS))
def read_words(data, at, end, table, tokens, sums):  # type: ignore[no-untyped-def]
    """The segments that begin with a letter or number: how many, their hashes, the characters before each; or ``FULL``."""
    count, value, size, wordy, paired = 0, _BASIS, 0, False, False
    before = last = literal = here = np.int64(NONE)
    sums[0] = 0
    while True:
        same, solid, mark, code, after = False, False, np.int64(0), np.int64(0), at + 1
        if at < end:
            code = np.int64(data[at])
            if code >= 0x80:
                code, after = code_point(data, at, end)
            mark = np.int64(table[code])
            here = mark & KIND
            solid = bool(here < EXTEND or here > ZWJ)
            if literal >= CR or here >= CR:  # WB3, WB3a, WB3b
                same = literal == CR and here == LF
            elif literal == ZWJ and mark & PICTURE or literal == BLANK and here == BLANK or not solid:  # WB3c, WB3d, WB4
                same = literal != NONE
            else:
                same = joins(before, last, here, paired, data, after, end, table)
        if not same:
            if wordy:
                if count == len(tokens):
                    return FULL
                tokens[count], sums[count + 1] = mix(value), sums[count] + size
                count += 1
            if at >= end:
                return count
            value, size, wordy = _BASIS, 0, mark & WORDY != 0
        value = (value ^ np.uint64(code)) * _PRIME
        size += 1
        if solid:
            paired = here == FLAG and not (last == FLAG and paired)
            before, last = last, here
        literal, at = here, after
        if here == LETTER:
            while at < end and data[at] < 0x80 and table[data[at]] & KIND == LETTER:  # WB5
                value = (value ^ np.uint64(data[at])) * _PRIME
                size += 1
                at += 1
                before = np.int64(LETTER)
