"""The normal form ``resonance``, in which near duplicates are sought: what makes words, and what each character is folded to.

A word is a run of letters, numbers and spacing vowel signs; everything else parts words, but for marks and invisible
format characters, which vanish. Characters are read in their compatibility form (NFKC: full and half width, ligatures,
numbers in circles), case-folded, without accents, and Chinese ones in their simplified form. Scripts that put no space between
words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one word a character, so that shingles of words are shingles of
characters there.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, code_point, mix, mix_plainly

UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # Han iteration marks and zero
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),  # old Kana
    (0x20000, 0x3FFFF),  # Han
)

ASCII, PLANES = 0x80, 0x110000
HAN_PLANES, COMPATIBLE, BEYOND = 0x20000, range(0x2F800, 0x2FA20), 0x40000
"""From ``HAN_PLANES`` on all is Han, some of it for compatibility; from ``BEYOND`` on there are only invisible and private
characters."""

PARTS, VANISHES, EXPANDS, ALONE = 0, 1, 1 << 30, 1 << 31
"""What a code point adds, in a table: nothing but the end of a word, nothing, several pieces, or itself as a word."""

HELD = 44
"""A place in a text has this many bits; those above count the pieces of the character there that were read."""

MOST_WORDS = 2
"""A byte gives so many words at most."""

BASIS, PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Start and factor of the FNV-1a hash in 64 bits (Fowler, Noll, Vo)."""

_PARTS, _VANISHES, _EXPANDS, _ALONE = (np.uint32(held) for held in (PARTS, VANISHES, EXPANDS, ALONE))
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)


@cache
def map_simplified() -> Mapping[int, int]:
    """The simplified form of each traditional Chinese character that has one."""
    text = files("resonance.curate.kernels").joinpath("data", "simplified.json").read_text(encoding="utf-8")
    table = json.loads(text)
    once = dict(zip(map(ord, table["traditional"]), map(ord, table["simplified"]), strict=True))
    return {code: once.get(form, form) for code, form in once.items()}


def fold(code: int) -> tuple[int, ...]:
    """What a code point adds, piece by piece: ``PARTS``, or a code point (with the bit ``ALONE`` if it is a word by itself)."""
    if code >= BEYOND:
        return ()
    before, held = "", unicodedata.normalize("NFKD", chr(code))
    while held != before:
        before, held = held, unicodedata.normalize("NFKD", held.casefold())
    return tuple(piece for character in held if (piece := _piece(character)) != VANISHES)


def _piece(character: str) -> int:
    code = ord(character)
    if code < HAN_PLANES:
        category = unicodedata.category(character)
        if category in ("Mn", "Me", "Cf"):
            return VANISHES
        if category[0] not in "LN" and category != "Mc":
            return PARTS
    code = map_simplified().get(code, code)
    return code | ALONE if any(first <= code <= last for first, last in UNSPACED) else code


def words(text: str) -> list[str]:
    """The words of ``text`` in normal form, in order; the definition that the kernel is held to."""
    found = [""]
    for piece in (piece for character in text for piece in fold(ord(character))):
        if piece == PARTS:
            found.append("")
        elif piece & ALONE:
            found += [chr(piece ^ ALONE), ""]
        else:
            found[-1] += chr(piece)
    return [word for word in found if word]


@cache
def folds() -> NDArray[np.uint32]:
    """``fold`` of every code point: the piece that it adds, or where behind them all its pieces are, their number first."""
    table = np.full(PLANES, VANISHES, np.uint32)
    table[HAN_PLANES:BEYOND] = np.arange(HAN_PLANES, BEYOND, dtype=np.uint32) | _ALONE
    tail: list[int] = []
    for code in (*range(HAN_PLANES), *COMPATIBLE, *(code for code in map_simplified() if code >= HAN_PLANES)):
        pieces = fold(code)
        if len(pieces) > 1:
            table[code] = EXPANDS | (PLANES + len(tail))
            tail += [len(pieces), *pieces]
        else:
            table[code] = pieces[0] if pieces else VANISHES
    return np.concatenate([table, np.array(tail, np.uint32)])


@cache
def verbatim() -> NDArray[np.uint32]:
    """A table by which every character is what it is and blanks part words, for texts that are in normal form."""
    table = np.arange(PLANES, dtype=np.uint32)
    table[ord(" ")] = PARTS
    return table


def word_hash(word: str) -> int:
    """The hash of a word in normal form; the definition that the kernel is held to."""
    value = BASIS
    for character in word:
        value = (value ^ ord(character)) * PRIME % 2**64
    return mix_plainly(value)


@compiled(types.Tuple((types.uint64, types.int64))(BYTES, types.int64, types.int64, CODES))  # type: ignore[no-untyped-call]
def next_word(data, at, end, table):  # type: ignore[no-untyped-def]
    """The hash of the first word from ``at`` on and where to read on after it; that is -1 if there is none.

    Both are places as ``HELD`` tells: a word may end inside what one character adds.
    """
    value, letters, taken = _BASIS, 0, at >> HELD
    at &= (1 << HELD) - 1
    while at < end:
        if data[at] < ASCII:  # nothing in it expands, vanishes or is a word by itself
            folded = table[data[at]]
            at += 1
            if folded != _PARTS:
                value = (value ^ np.uint64(folded)) * _PRIME
                letters += 1
            elif letters:
                return mix(value), at
            continue
        code, after = code_point(data, at, end)
        folded = table[code]
        if folded & _ALONE:
            if letters:
                return mix(value), at
            return mix((_BASIS ^ np.uint64(folded ^ _ALONE)) * _PRIME), after
        if folded & _EXPANDS:
            first = np.int64(folded ^ _EXPANDS) + 1
            for i in range(taken, np.int64(table[first - 1])):
                piece = table[first + i]
                if piece & _ALONE:
                    if letters:
                        return mix(value), at | i << HELD
                    return mix((_BASIS ^ np.uint64(piece ^ _ALONE)) * _PRIME), at | (i + 1) << HELD
                if piece != _PARTS:
                    value = (value ^ np.uint64(piece)) * _PRIME
                    letters += 1
                elif letters:
                    return mix(value), at | (i + 1) << HELD
            taken = 0
        elif folded == _PARTS:
            if letters:
                return mix(value), after
        elif folded != _VANISHES:
            value = (value ^ np.uint64(folded)) * _PRIME
            letters += 1
        at = after
    return mix(value), at if letters else -1
