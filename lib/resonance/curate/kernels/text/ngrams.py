"""Repeated n-grams of a text, from the hashes of its words: which there are, how often, and how many characters they hold.

An n-gram that occurs twice begins and ends with (n-1)-grams that occur twice. So n-grams are grown word by word, and only
where both stood more than once: the work after pairs shrinks with what is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled

HASHES = types.uint64[::1]
PLACES = types.int32[::1]
SUMS = types.int64[::1]
SEEN = types.uint8[::1]
INT = types.int64

FACTOR = 0x9E3779B97F4A7C15
"""An odd number without pattern (2⁶⁴ over the golden ratio): the base of the n-grams' polynomial, and the slots' hash."""
_FACTOR = np.uint64(FACTOR)

FULL = -1
"""What a reader of words or lines returns where there is no room for all of them."""


class Room(NamedTuple):
    """Arrays to work in, for one text after the other.

    Args:
        tokens: hashes of words or lines.
        sums: their characters, or those before each word and behind the last.
        keys: hashes of n-grams.
        places: where each n-gram starts.
        firsts: the number of the first copy of each.
        copies: how many copies there are, told at the first.
        table: slots of an open-addressed table.
    """

    tokens: NDArray[np.uint64]
    sums: NDArray[np.int64]
    keys: NDArray[np.uint64]
    places: NDArray[np.int32]
    firsts: NDArray[np.int32]
    copies: NDArray[np.int32]
    table: NDArray[np.int32]


ROOM = (HASHES, SUMS, HASHES, PLACES, PLACES, PLACES, PLACES)


def room_for(size: int) -> Room:
    """Room for texts of as many words or lines."""
    return Room(
        tokens=np.empty(size, np.uint64),
        sums=np.empty(size + 1, np.int64),
        keys=np.empty(size, np.uint64),
        places=np.empty(size, np.int32),
        firsts=np.empty(size, np.int32),
        copies=np.empty(size, np.int32),
        table=np.empty(1 << (2 * size - 1).bit_length(), np.int32),
    )


def count_in_room(texts: int, size: int, count: Callable[[int, Room], int]) -> None:
    """Counts texts in a room; from one that needs more on, in a room twice as large.

    Args:
        texts: how many there are.
        size: words or lines that the first room holds.
        count: counts in a room from a text on; gives the text that needs more, or how many there are.
    """
    row = 0
    while row < texts:
        row = count(row, room_for(size))
        size *= 2


@compiled(types.void(HASHES, INT, PLACES, PLACES, PLACES))
def group(keys, size, table, firsts, copies):  # type: ignore[no-untyped-def]
    """Tells copies among the first ``size`` keys.

    ``firsts`` is filled with the number of each key's first copy, and ``copies`` there with how many there are (elsewhere it
    holds nothing). ``table`` has twice as many slots as there are keys, or more.
    """
    room, shift = 2, 63
    while room < 2 * size:
        room *= 2
        shift -= 1
    table[:room] = 0
    for i in range(size):
        key = keys[i]
        slot = np.int64((key * _FACTOR) >> np.uint64(shift))
        while table[slot] != 0 and keys[table[slot] - 1] != key:
            slot = (slot + 1) & (room - 1)
        if table[slot] == 0:
            table[slot] = i + 1
            copies[i] = 1
            firsts[i] = i
        else:
            first = table[slot] - 1
            copies[first] += 1
            firsts[i] = first


@compiled(INT(types.uint64, INT))
def spot(key, shift):  # type: ignore[no-untyped-def]
    """Where ``tally_keys`` counts a key."""
    return np.int64((key * _FACTOR) >> np.uint64(shift))


@compiled(INT(HASHES, INT, SEEN))
def tally_keys(keys, size, seen):  # type: ignore[no-untyped-def]
    """Fills ``seen``, sixteen times as long as there are keys: above 1 at the ``spot`` of each key that has a copy.

    So it is at those of one in eight others. To tell these apart takes several times as long: here no step waits for the one
    before it, nor for a branch. Returns the shift that ``spot`` takes.
    """
    room, shift = 16, 60
    while room < 8 * size:
        room *= 2
        shift -= 1
    seen[:room] = 0
    for i in range(size):
        at = spot(keys[i], shift)
        seen[at] = seen[at] << 1 | 1
    return shift


@compiled(INT(HASHES, PLACES, INT, SEEN))
def keep_likely(keys, places, size, seen):  # type: ignore[no-untyped-def]
    """Moves the n-grams that have a copy to the front, in order, and few others; how many there are."""
    shift, kept = tally_keys(keys, size, seen), 0
    for i in range(size):
        likely = seen[spot(keys[i], shift)] > 1
        keys[kept], places[kept] = keys[i], places[i]
        kept += likely
    return kept


@compiled(INT(HASHES, INT, HASHES, PLACES))
def pairs(tokens, size, keys, places):  # type: ignore[no-untyped-def]
    """Fills ``keys`` with the hashes of all pairs of neighbours, and ``places`` with where they start; how many there are."""
    for i in range(size - 1):
        keys[i] = tokens[i] * _FACTOR + tokens[i + 1]
        places[i] = i
    return max(size - 1, 0)


@compiled(INT(HASHES, PLACES, INT, PLACES, PLACES))
def keep_repeated(keys, places, size, firsts, copies):  # type: ignore[no-untyped-def]
    """Moves the n-grams that have a copy to the front, in order; how many there are."""
    kept = 0
    for i in range(size):
        if copies[firsts[i]] > 1:
            keys[kept], places[kept] = keys[i], places[i]
            kept += 1
    return kept


@compiled(INT(HASHES, HASHES, PLACES, INT, INT))
def widen(tokens, keys, places, size, n):  # type: ignore[no-untyped-def]
    """Makes n-grams of repeated (n-1)-grams that start at neighbours, in order; how many there are."""
    wide = 0
    for i in range(size - 1):
        place = places[i]
        if places[i + 1] == place + 1:
            keys[wide] = keys[i] * _FACTOR + tokens[place + n - 1]
            places[wide] = place
            wide += 1
    return wide


@compiled(types.UniTuple(INT, 2)(PLACES, INT, PLACES))  # type: ignore[no-untyped-call]
def top_first(firsts, size, copies):  # type: ignore[no-untyped-def]
    """How often the commonest n-gram occurs, and the number of its first copy; of equals, the one that is seen first."""
    most, number = np.int64(0), np.int64(0)
    for i in range(size):
        if firsts[i] == i and copies[i] > most:
            most, number = np.int64(copies[i]), np.int64(i)
    return most, number


@compiled(types.UniTuple(INT, 2)(PLACES, INT, PLACES, PLACES, SUMS, INT))  # type: ignore[no-untyped-call]
def top_longest(firsts, size, copies, places, sums, n):  # type: ignore[no-untyped-def]
    """How often the commonest n-gram occurs, and its characters; of equals, the longest."""
    most, chars = np.int64(0), np.int64(0)
    for i in range(size):
        if firsts[i] == i and copies[i] >= most:
            long = sums[places[i] + n] - sums[places[i]]
            if copies[i] > most or long > chars:
                most, chars = np.int64(copies[i]), long
    return most, chars


@compiled(INT(PLACES, INT, SUMS, INT))
def every_copy(places, size, sums, n):  # type: ignore[no-untyped-def]
    """The characters of n-grams that start at ``places``; where they overlap, characters count again."""
    chars = np.int64(0)
    for i in range(size):
        chars += sums[places[i] + n] - sums[places[i]]
    return chars


@compiled(INT(PLACES, INT, SUMS, INT))
def count_covered(places, size, sums, n):  # type: ignore[no-untyped-def]
    """The characters of all words that n-grams starting at ``places`` (in order) cover; each counts once."""
    chars, until = np.int64(0), np.int64(0)
    for i in range(size):
        start = max(np.int64(places[i]), until)
        until = np.int64(places[i]) + n
        chars += sums[until] - sums[start]
    return chars
