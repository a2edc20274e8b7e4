"""The features of the classifier, as places in a table of weights: words, pairs of words, and runs of three characters.

Words are those of the normal form ``resonance``, where a Chinese character is a word, so that pairs of words are pairs of
characters there. Runs of characters are taken from the text as it stands: letter case, marks, markup and white space speak there.
"""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, code_point, mix, mix_plainly
from resonance.curate.kernels.text.words import MOST_WORDS, next_word, word_hash, words

BITS = 20
"""A table has 2 to this power weights. Features that meet in one share it."""
SHIFT = 64 - BITS
PAIR, RUN = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
"""Odd numbers that keep pairs of words and runs of characters apart from words."""
CODE_BITS, RUN_BITS = 21, 63
MASK = (1 << RUN_BITS) - 1
"""Three code points fill so many bits."""
MOST_FEATURES = 2 * MOST_WORDS
"""A byte gives so many words and pairs at most, and one run of characters."""

_SHIFT, _PAIR, _RUN, _MASK, _CODE = (np.uint64(held) for held in (SHIFT, PAIR, RUN, MASK, CODE_BITS))
_INDICES = types.uint32[::1]


def list_plainly(text: str) -> tuple[list[int], list[int]]:
    """Places of the words and pairs of words of a text, and of its runs of characters; the definition of the kernel."""
    hashes = [word_hash(word) for word in words(text)]
    found = hashes[:1]
    for before, now in zip(hashes, hashes[1:], strict=False):
        found += [mix_plainly((before * PAIR + now) % 2**64), now]
    codes = [ord(character) for character in text]
    runs = [mix_plainly((a << 42 | b << 21 | c) ^ RUN) for a, b, c in zip(codes, codes[1:], codes[2:], strict=False)]
    return [value >> SHIFT for value in found], [value >> SHIFT for value in runs]


@compiled(types.uint64(types.uint64, types.uint64))
def hash_pair(before, now):  # type: ignore[no-untyped-def]
    """The hash of two words that follow each other."""
    return mix(before * _PAIR + now)


@compiled(types.uint64(types.uint64))
def hash_run(codes):  # type: ignore[no-untyped-def]
    """The hash of three characters, whose code points are packed into one number."""
    return mix(codes ^ _RUN)


@compiled(types.int64(BYTES, types.int64, types.int64, CODES, _INDICES))
def list_words(data, at, end, table, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` with the places of words and pairs of words of one text; how many there are."""
    count = 0
    before = np.uint64(0)
    while at >= 0:
        now, at = next_word(data, at, end, table)
        if at < 0:
            break
        if count:
            found[count] = hash_pair(before, now) >> _SHIFT
            count += 1
        found[count] = now >> _SHIFT
        count += 1
        before = now
    return count


@compiled(types.int64(BYTES, types.int64, types.int64, _INDICES))
def list_runs(data, at, end, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` with the places of runs of three characters of one text; how many there are."""
    codes, seen = np.uint64(0), 0
    while at < end:
        code, at = code_point(data, at, end)
        codes = ((codes << _CODE) | np.uint64(code)) & _MASK
        seen += 1
        if seen > 2:
            found[seen - 3] = hash_run(codes) >> _SHIFT
    return max(seen - 2, 0)
