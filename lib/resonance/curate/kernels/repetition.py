"""Repetition inside one text: lines and paragraphs that occur again, the commonest n-gram, n-grams that repeat.

Parts and n-grams are compared by 64-bit hashes in open-addressed tables that are as small as the text allows, so that they
stay in the processor's cache. ``kernels/datatrove.py`` defines what is counted.
"""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.compiled import compiled
from resonance.curate.kernels.scan import BYTES, POSITIONS, mix
from resonance.curate.kernels.words import BASIS, PRIME

STEP = 0x9E3779B97F4A7C15
"""The golden ratio in 64 bits: rolls n-grams of words, and spreads keys over a table (Knuth, TAOCP 3, 6.4)."""

HASHES = types.uint64[::1]
COUNTS = types.int32[::1]
INT = types.int64

_BASIS, _PRIME, _STEP = np.uint64(BASIS), np.uint64(PRIME), np.uint64(STEP)
_LINE_FEED = 10


@compiled(INT(INT))
def table_bits(count):  # type: ignore[no-untyped-def]
    """Bits of a table that ``count`` keys fill by half at most."""
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    return bits


@compiled(INT(HASHES, types.uint64, INT))
def slot_of(table, wanted, bits):  # type: ignore[no-untyped-def]
    """Where a key is in a table of ``1 << bits`` slots, or the free slot where it belongs."""
    slot = np.int64((wanted * _STEP) >> np.uint64(64 - bits))
    mask = (1 << bits) - 1
    while table[slot] != 0 and table[slot] != wanted:
        slot = (slot + 1) & mask
    return slot


@compiled(types.UniTuple(INT, 2)(HASHES, POSITIONS, INT, HASHES))  # type: ignore[no-untyped-call]
def later_copies(hashes, chars, count, table):  # type: ignore[no-untyped-def]
    """How many of the first ``count`` parts are later copies, and the characters of those."""
    bits = table_bits(count)
    table[: 1 << bits] = np.uint64(0)
    again, again_chars = 0, 0
    for i in range(count):
        slot = slot_of(table, hashes[i], bits)
        if table[slot] == hashes[i]:
            again += 1
            again_chars += chars[i]
        table[slot] = hashes[i]
    return again, again_chars


@compiled(types.UniTuple(INT, 3)(BYTES, INT, INT, INT, HASHES, POSITIONS, HASHES))  # type: ignore[no-untyped-call]
def copies(data, start, end, feeds, hashes, chars, table):  # type: ignore[no-untyped-def]
    """Parts between runs of at least ``feeds`` line feeds: how many, how many are later copies, and characters of those."""
    parts, at, run = 0, start, start
    while True:
        value, size = _BASIS, 0
        while at < end:
            if data[at] == _LINE_FEED:
                run = at
                while run < end and data[run] == _LINE_FEED:
                    run += 1
                if run - at >= feeds:
                    break
            value = (value ^ np.uint64(data[at])) * _PRIME
            size += (data[at] & 0xC0) != 0x80
            at += 1
        hashes[parts], chars[parts] = max(mix(value), np.uint64(1)), size
        parts += 1
        if at >= end:
            break
        at = run
    again, again_chars = later_copies(hashes, chars, parts, table)
    return parts, again, again_chars


@compiled(types.void(HASHES, HASHES, INT, INT))
def roll(rolled, words, count, n):  # type: ignore[no-untyped-def]
    """Turns hashes of (n - 1)-grams into those of n-grams, words apart; hashes of words are 1-grams."""
    for i in range(count - n + 1):
        rolled[i] = rolled[i] * _STEP + words[i + n - 1]


@compiled(INT(HASHES, POSITIONS, INT, INT, HASHES, COUNTS, COUNTS))
def commonest(rolled, sums, count, n, table, tallies, firsts):  # type: ignore[no-untyped-def]
    """Characters of the commonest n-gram, words joined by blanks, times how often it occurs; of equals, the first seen.

    ``sums`` holds the characters of all words before each one.
    """
    grams = count - n + 1
    if grams < 1:
        return np.int64(0)
    bits = table_bits(grams)
    table[: 1 << bits] = np.uint64(0)
    best, first = 0, np.int64(0)
    for i in range(grams):
        wanted = max(rolled[i], np.uint64(1))
        slot = slot_of(table, wanted, bits)
        if table[slot] == 0:
            table[slot], tallies[slot], firsts[slot] = wanted, 0, i
        tallies[slot] += 1
        if tallies[slot] > best or (tallies[slot] == best and firsts[slot] < first):
            best, first = tallies[slot], np.int64(firsts[slot])
    return (sums[first + n] - sums[first] + n - 1) * best


@compiled(types.void(HASHES, HASHES, HASHES, INT, INT))
def join(joined, words, powers, count, n):  # type: ignore[no-untyped-def]
    """Turns hashes of (n - 1) words written together into those of n; ``powers`` is the radix to the length of each word."""
    for i in range(count - n + 1):
        joined[i] = joined[i] * powers[i + n - 1] + words[i + n - 1]


@compiled(INT(HASHES, POSITIONS, INT, INT, HASHES))
def repeated(joined, sums, count, n, table):  # type: ignore[no-untyped-def]
    """Characters of n-grams, words written together, that occurred before; one that did is jumped over."""
    grams = count - n + 1
    if grams < 1:
        return np.int64(0)
    bits = table_bits(grams)
    table[: 1 << bits] = np.uint64(0)
    chars, at = np.int64(0), 0
    while at < grams:
        wanted = max(joined[at], np.uint64(1))
        slot = slot_of(table, wanted, bits)
        if table[slot] == wanted:
            chars += sums[at + n] - sums[at]
            at += n
        else:
            table[slot] = wanted
            at += 1
    return chars
