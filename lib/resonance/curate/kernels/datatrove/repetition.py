"""Repetition inside one text: lines and paragraphs that occur again, the commonest n-gram, n-grams that repeat.

Parts and n-grams are compared by 64-bit hashes in open-addressed tables that are as small as the text allows, so that they
stay in the processor's cache. ``kernels/datatrove/datatrove.py`` defines what is counted.

Few n-grams occur twice, so they are sought only where they can. Words apart, an n-gram that does begins and ends with
(n-1)-grams that do (``ngrams.py``). Words written together, the text from its first word on opens with the same bytes as
elsewhere, however these are cut into words.
"""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.english.prefixes import TOTALS, between, name_of
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import (
    HASHES,
    INT,
    PLACES,
    SEEN,
    group,
    keep_likely,
    keep_repeated,
    pairs,
    spot,
    tally_keys,
    top_first,
    widen,
)
from resonance.curate.kernels.text.scan import BYTES, POSITIONS

STEP = 0x9E3779B97F4A7C15
"""The golden ratio in 64 bits: spreads keys over a table (Knuth, TAOCP 3, 6.4)."""

OPENINGS = ((5, 16), (7, 32))
"""From so many words on, so many bytes by which words written together are compared before all else: four English words, seven."""

_STEP = np.uint64(STEP)
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


@compiled(types.UniTuple(INT, 3)(BYTES, INT, INT, INT, INT, TOTALS, HASHES, POSITIONS, HASHES))  # type: ignore[no-untyped-call]
def copies(data, base, start, end, feeds, totals, hashes, sizes, table):  # type: ignore[no-untyped-def]
    """Parts between runs of at least ``feeds`` line feeds: how many, how many are later copies, and characters of those.

    ``totals`` are those of the text that starts at ``base``.
    """
    parts, first, at = 0, start, start
    while True:
        stop = after = end
        while at < end:
            if data[at] != _LINE_FEED:
                at += 1
                continue
            run = at
            while run < end and data[run] == _LINE_FEED:
                run += 1
            if run - at >= feeds:
                stop, after = at, run
                break
            at = run
        hashes[parts] = name_of(totals.whole, first - base, stop - base)
        sizes[parts] = totals.chars[stop - base] - totals.chars[first - base]
        parts += 1
        if stop == end:
            break
        first = at = after
    again, again_chars = later_copies(hashes, sizes, parts, table)
    return parts, again, again_chars


@compiled(types.void(HASHES, INT, INT, INT, POSITIONS, HASHES, PLACES, PLACES, PLACES, PLACES, SEEN, POSITIONS))
def commonest(words, count, low, high, sums, keys, places, firsts, numbers, table, seen, found):  # type: ignore[no-untyped-def]
    """For n from ``low`` to ``high``: characters of the commonest n-gram, words joined by blanks, times how often it occurs.

    Of equals, the first seen. ``sums`` holds the characters of all words before each one; ``found`` gets a number for each n.
    """
    size = keep_likely(keys, places, pairs(words, count, keys, places), seen)
    for n in range(2, high + 1):
        if n > 2:
            size = widen(words, keys, places, size, n)
        group(keys, size, table, firsts, numbers)
        if n >= low:
            most, number = top_first(firsts, size, numbers)
            first = np.int64(places[number]) if most > 1 else 0
            found[n - low] = (sums[first + n] - sums[first] + n - 1) * max(most, 1) if n <= count else 0
        size = keep_repeated(keys, places, size, firsts, numbers)


@compiled(INT(HASHES, PLACES, INT, INT, INT, HASHES, PLACES, INT, SEEN))
def keep_openings(solid, inks, count, n, opening, keys, places, size, seen):  # type: ignore[no-untyped-def]
    """Moves to the front those of ``places`` from which on ``n`` or more words, written together, may stand twice; how many.

    Written together, word i starts at ``inks[i]``, the last one ends at ``inks[count]``. What opens with the same ``opening``
    bytes as what starts at another of the places may; so may what is shorter.
    """
    known = 0
    while known < size and inks[places[known]] + opening <= inks[count]:
        first = inks[places[known]]
        keys[known] = between(solid, first, first + opening)
        known += 1
    shift, kept = tally_keys(keys, known, seen), 0
    for i in range(known):
        place = places[i]
        likely = (seen[spot(keys[i], shift)] > 1) | (inks[min(place + n, count)] - inks[place] < opening)
        places[kept] = place
        kept += likely
    for i in range(known, size):
        places[kept] = places[i]
        kept += 1
    return kept


@compiled(INT(HASHES, PLACES, PLACES, INT, INT, INT, POSITIONS, HASHES))
def count_repeated(solid, inks, places, size, count, n, sums, table):  # type: ignore[no-untyped-def]
    """Characters of n-grams, words written together, that occurred before; one that did is jumped over.

    N-grams are sought from the first ``size`` of ``places`` on.
    """
    bits = table_bits(size)
    table[: 1 << bits] = np.uint64(0)
    chars, at = np.int64(0), 0
    for i in range(size):
        place = np.int64(places[i])
        if place < at or place + n > count:
            continue
        wanted = name_of(solid, inks[place], inks[place + n])
        slot = slot_of(table, wanted, bits)
        if table[slot] == wanted:
            chars += sums[place + n] - sums[place]
            at = place + n
        else:
            table[slot] = wanted
    return chars
