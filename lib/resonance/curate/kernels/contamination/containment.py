"""How much of an item's character 5-grams a stretch of a text as long as the item holds, over folded letters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.duplicates.minhash import STEP
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import CODES, mix

GRAM = 5
INT = types.int64
_STEP = np.uint64(STEP)
ROOM = types.Tuple((types.uint64[::1], types.int32[::1]))  # type: ignore[no-untyped-call]


class Room(NamedTuple):
    """Where the grams of one item are counted: an open-addressed table, with as many counts."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.int32]


def room(longest: int) -> Room:
    """Room for items of up to so many letters."""
    size = 4
    while size < 2 * longest:
        size *= 2
    return Room(np.zeros(size, np.uint64), np.zeros(size, np.int32))


def containment_plainly(item: str, text: str) -> float:
    """The largest share of the item's distinct grams that a stretch of its length holds; the definition of the kernel."""
    wanted = {item[i : i + GRAM] for i in range(len(item) - GRAM + 1)}
    size = len(item)
    stretches = (text[i : i + size] for i in range(max(len(text) - size, 0) + 1))
    held = (len(wanted & {s[i : i + GRAM] for i in range(len(s) - GRAM + 1)}) for s in stretches)
    return max(held) / len(wanted) if wanted else 0.0


@compiled(types.uint64(CODES, INT))
def gram(letters, at):  # type: ignore[no-untyped-def]
    """The hash of the five letters from ``at`` on, never 0."""
    value = np.uint64(0)
    for i in range(at, at + GRAM):
        value = value * _STEP + np.uint64(letters[i]) + np.uint64(1)
    return max(mix(value), np.uint64(1))


@compiled(INT(types.uint64[::1], INT, types.uint64))
def slot_of(keys, last, key):  # type: ignore[no-untyped-def]
    """Where the key stands, or the empty slot where it would."""
    slot = INT(key & np.uint64(last))
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & last
    return slot


@compiled(types.float64(CODES, INT, INT, CODES, INT, INT, ROOM))
def containment(items, first, last, letters, start, end, held):  # type: ignore[no-untyped-def]
    """``containment_plainly`` of the item ``items[first:last]`` in the text ``letters[start:end]``."""
    keys, counts = held
    size, wide = 4, last - first - GRAM + 1
    if wide < 1:
        return 0.0
    while size < 2 * wide:
        size *= 2
    keys[:size], counts[:size] = np.uint64(0), np.int32(0)
    distinct = 0
    for at in range(first, last - GRAM + 1):
        key = gram(items, at)
        slot = slot_of(keys, size - 1, key)
        distinct += keys[slot] == 0
        keys[slot] = key
    inside, most = 0, 0
    for at in range(start, end - GRAM + 1):
        slot = slot_of(keys, size - 1, gram(letters, at))
        if keys[slot] != 0:
            counts[slot] += np.int32(1)
            inside += counts[slot] == 1
        if at - start >= wide:
            slot = slot_of(keys, size - 1, gram(letters, at - wide))
            if keys[slot] != 0:
                counts[slot] -= np.int32(1)
                inside -= counts[slot] == 0
        most = max(most, inside)
    return most / distinct
