"""The normal form in which near duplicates are sought: which characters make words, and what each is folded to.

A word is a run of letters, numbers and spacing vowel signs; everything else parts words, but for marks and invisible
format characters, which vanish. Letters are case-folded and lose their accents. Scripts that put no space between words
(Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one word a character, so that shingles of words are shingles of
characters there.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.compiled import compiled
from resonance.curate.kernels.scan import BYTES, CODES, code_point, mix, mix_plainly

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
    (0xFF66, 0xFF9D),  # half-width Katakana
    (0x1B000, 0x1B16F),  # old Kana
)

HAN_PLANES, BEYOND = 0x20000, 0x40000
"""From ``HAN_PLANES`` on all is Han; from ``BEYOND`` on there are only invisible and private characters."""

PARTS, VANISHES, ALONE = 0, 1, 1 << 31

BASIS, PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Start and factor of the FNV-1a hash in 64 bits (Fowler, Noll, Vo)."""

_PARTS, _VANISHES, _ALONE = np.uint32(PARTS), np.uint32(VANISHES), np.uint32(ALONE)
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)


def fold(code: int) -> int:
    """What a code point adds: a folded one (with the bit ``ALONE`` if it is a word by itself), ``PARTS`` or ``VANISHES``."""
    if code >= HAN_PLANES:
        return code | ALONE if code < BEYOND else VANISHES
    character = chr(code)
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return VANISHES
    if category[0] not in "LN" and category != "Mc":
        return PARTS
    bare = [c for c in unicodedata.normalize("NFD", character.casefold()) if unicodedata.category(c) != "Mn"]
    lower = character.lower()
    folded = bare[0] if len(bare) == 1 else lower if len(lower) == 1 else character
    alone = any(first <= code <= last for first, last in UNSPACED)
    return ord(folded) | (ALONE if alone else 0)


def words(text: str) -> list[str]:
    """The words of ``text`` in normal form, in order; the definition that the kernel is held to."""
    found = [""]
    for character in text:
        folded = fold(ord(character))
        if folded == PARTS:
            found.append("")
        elif folded & ALONE:
            found += [chr(folded ^ ALONE), ""]
        elif folded != VANISHES:
            found[-1] += chr(folded)
    return [word for word in found if word]


@cache
def folds() -> NDArray[np.uint32]:
    """``fold`` of every code point below ``HAN_PLANES``."""
    return np.fromiter((fold(code) for code in range(HAN_PLANES)), np.uint32, HAN_PLANES)


def word_hash(word: str) -> int:
    """The hash of a word in normal form; the definition that the kernel is held to."""
    value = BASIS
    for character in word:
        value = (value ^ ord(character)) * PRIME % 2**64
    return mix_plainly(value)


@compiled(types.Tuple((types.uint64, types.int64))(BYTES, types.int64, types.int64, CODES))  # type: ignore[no-untyped-call]
def next_word(data, at, end, table):  # type: ignore[no-untyped-def]
    """The hash of the first word from ``at`` on and where to read on after it; that is -1 if there is none."""
    value, letters = _BASIS, 0
    while at < end:
        code, after = code_point(data, at, end)
        far = np.uint32(code) | _ALONE if code < BEYOND else _VANISHES
        folded = table[code] if code < HAN_PLANES else far
        if folded == _PARTS:
            if letters:
                return mix(value), after
        elif folded & _ALONE:
            if letters:
                return mix(value), at
            return mix((_BASIS ^ np.uint64(folded ^ _ALONE)) * _PRIME), after
        elif folded != _VANISHES:
            value = (value ^ np.uint64(folded)) * _PRIME
            letters += 1
        at = after
    return mix(value), at if letters else -1
