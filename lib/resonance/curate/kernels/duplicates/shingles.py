"""Sets of shingles over the UTF-8 Arrow buffer, their exact Jaccard similarity, and which documents stay when like ones go.

A shingle is hashed as for MinHash (``minhash.py``), to 64 bits; two different shingles of two texts with equal hashes, which
would raise a similarity, are expected once in 10^13 pairs of texts of 1,000 words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.duplicates.forms import read, words_plainly
from resonance.curate.kernels.duplicates.minhash import STEP
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, mix, mix_plainly
from resonance.curate.kernels.text.words import MOST_WORDS, next_word, word_hash

_STEP = np.uint64(STEP)
_SETS = types.Array(types.uint64, 1, "C", readonly=True)
_BOUNDS = types.Array(types.int64, 1, "C", readonly=True)
INT = types.int64


@compiled(INT(BYTES, POSITIONS, POSITIONS, CODES, INT, types.uint64[::1], POSITIONS), allocates=True)
def gather(data, starts, ends, table, shingle, found, bounds):  # type: ignore[no-untyped-def]
    """Fills ``found`` with each text's distinct shingles in rising order, text i from ``bounds[i]`` on; how many in all."""
    ring, oldest = np.zeros(shingle, np.uint64), np.uint64(1)
    for _ in range(shingle):
        oldest *= _STEP
    size = 0
    for row in range(len(starts)):
        ring[:] = np.uint64(0)
        first, seen, rolled = size, 0, np.uint64(0)
        word, at = next_word(data, starts[row], ends[row], table)
        while at >= 0:
            slot = seen % shingle
            rolled = rolled * _STEP + word - ring[slot] * oldest
            ring[slot] = word
            seen += 1
            if seen >= shingle:
                found[size] = mix(rolled)
                size += 1
            word, at = next_word(data, at, ends[row], table)
        ordered = np.sort(found[first:size])
        size = first
        for i in range(len(ordered)):
            if i == 0 or ordered[i] != ordered[i - 1]:
                found[size] = ordered[i]
                size += 1
        bounds[row + 1] = size
    return size


def sets(texts: Any, shingle: int, profile: str = "resonance") -> Any:
    """The distinct shingles of each text of an Arrow string array, as lists of numbers in rising order; none if it is too short."""
    (data, starts, ends), table = read(texts, profile)
    found, bounds = np.empty(MOST_WORDS * int((ends - starts).sum()), np.uint64), np.zeros(len(starts) + 1, np.int64)
    size = gather(data, starts, ends, table, shingle, found, bounds)
    return pa.LargeListArray.from_arrays(pa.array(bounds), pa.array(found[:size].view(np.int64)))


def set_plainly(text: str, shingle: int, profile: str = "resonance") -> set[int]:
    """The shingles of one text; the definition that the kernel is held to."""
    hashes = [word_hash(word) for word in words_plainly(text, profile)]
    pieces = [hashes[i : i + shingle] for i in range(len(hashes) - shingle + 1)]
    return {mix_plainly(sum(h * STEP ** (shingle - 1 - i) for i, h in enumerate(piece)) % 2**64) for piece in pieces}


@compiled(types.float64(_SETS, INT, INT, INT, INT))
def similarity(held, first, last, other, end):  # type: ignore[no-untyped-def]
    """Jaccard similarity of two sets, one from ``first`` to ``last``, the other from ``other`` to ``end``; 0 if both are empty."""
    both, size = 0, last - first + end - other
    while first < last and other < end:
        a, b = held[first], held[other]
        both += a == b
        first += a <= b
        other += b <= a
    return both / (size - both) if size > both else 0.0


@compiled(types.void(_SETS, _BOUNDS, _BOUNDS, _BOUNDS, types.float64[::1]))
def compare(held, bounds, later, earlier, similarities):  # type: ignore[no-untyped-def]
    """``similarities`` gets that of each pair of documents; document i has the set from ``bounds[i]`` to ``bounds[i + 1]``."""
    for place in range(len(later)):
        i, other = later[place], earlier[place]
        similarities[place] = similarity(held, bounds[i], bounds[i + 1], bounds[other], bounds[other + 1])


@compiled(types.void(_SETS, _BOUNDS, _BOUNDS, _BOUNDS, types.float64, POSITIONS, types.float64[::1]))
def settle(held, bounds, pair_bounds, earlier, least, keeper, similarities):  # type: ignore[no-untyped-def]
    """Goes through documents in their total order: one that is like a kept one is removed, every other one is kept.

    Document i has the set from ``bounds[i]`` to ``bounds[i + 1]``, and as candidates the documents ``earlier[pair_bounds[i]]`` to
    ``earlier[pair_bounds[i + 1] - 1]``, which come before it, in order. ``keeper`` gets the first kept one whose similarity is
    ``least`` or more, told in ``similarities``; -1 where the document is kept.
    """
    for i in range(len(keeper)):
        keeper[i] = -1
        for place in range(pair_bounds[i], pair_bounds[i + 1]):
            other = earlier[place]
            if keeper[other] >= 0:
                continue
            alike = similarity(held, bounds[i], bounds[i + 1], bounds[other], bounds[other + 1])
            if alike >= least:
                keeper[i], similarities[i] = other, alike
                break


def settle_pairs(
    held: NDArray[np.uint64], bounds: NDArray[np.int64], later: NDArray[np.int64], earlier: NDArray[np.int64], least: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """``settle`` for candidate pairs in any order, each with its later document: keeper and similarity of each document."""
    size = len(bounds) - 1
    order = np.lexsort((earlier, later))
    pair_bounds = np.searchsorted(later[order], np.arange(size + 1))
    keeper, similarities = np.empty(size, np.int64), np.full(size, np.nan)
    settle(held, bounds, pair_bounds, earlier[order], least, keeper, similarities)
    return keeper, similarities
