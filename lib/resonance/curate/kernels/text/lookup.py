"""Hashes to what they stand for: sorted keys, found through the bits with which they begin; files may hold them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled

LOOKUP = types.Tuple(  # type: ignore[no-untyped-call]
    (
        types.Array(types.uint64, 1, "C", readonly=True),
        types.Array(types.int32, 1, "C", readonly=True),
        types.Array(types.int32, 1, "C", readonly=True),
        types.Array(types.int64, 1, "C", readonly=True),
    )
)


class Lookup(NamedTuple):
    """``values`` and ``places`` of ``keys``, which are sorted; those that begin with the bits b stand from ``heads[b]`` on."""

    keys: NDArray[np.uint64]
    values: NDArray[np.int32]
    places: NDArray[np.int32]
    heads: NDArray[np.int64]


def lookup(keys: NDArray[np.uint64], values: NDArray[np.int32], places: NDArray[np.int32], most: int | None = None) -> Lookup:
    """A lookup of these keys; of those that come more than ``most`` times, the lowest values."""
    order = np.lexsort((places, values, keys))
    keys, values, places = keys[order], values[order], places[order]
    if most is not None:
        few = np.arange(len(keys)) - np.searchsorted(keys, keys) < most
        keys, values, places = keys[few], values[few], places[few]
    bits = max(int(len(keys)).bit_length() + 1, 2)
    begins = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    heads = np.append(np.searchsorted(keys, begins), len(keys)).astype(np.int64)
    return Lookup(keys, values, places, heads)


@compiled(types.UniTuple(types.int64, 2)(LOOKUP, types.int64, types.uint64))  # type: ignore[no-untyped-call]
def find(held, bits, key):  # type: ignore[no-untyped-def]
    """Where the values of a key begin and end, for a lookup of ``2 ** bits`` heads."""
    keys, _, _, heads = held
    begin = np.int64(key >> np.uint64(64 - bits))
    at, end = heads[begin], heads[begin + 1]
    while at < end and keys[at] < key:
        at += 1
    first = at
    while at < end and keys[at] == key:
        at += 1
    return first, at
