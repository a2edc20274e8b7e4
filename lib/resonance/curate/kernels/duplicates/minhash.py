"""MinHash signatures over the UTF-8 Arrow buffer (Broder 1997), and their bands (Leskovec et al., Mining of Massive Datasets, 3.4).

A word in normal form (``forms.py``) is hashed over its code points (FNV-1a), a shingle over its words (a rolling polynomial), both
mixed; 32 bits of that are x. Permutation j is (a_j * x + b_j mod 2^64) >> 32: strongly universal on 32-bit x (Dietzfelbinger 1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.duplicates.forms import read, words_plainly
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, FIRST, POSITIONS, SECOND, mix, mix_plainly
from resonance.curate.kernels.text.words import next_word, word_hash

STEP = 0x9E3779B97F4A7C15
"""The golden ratio in 64 bits: rolls shingles and draws permutations."""

BLOCK = 2_048

_STEP, _HIGH = np.uint64(STEP), np.uint64(32)
_NUMBERS = types.uint64[::1]


def permutations(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The factors a (odd) and the terms b of ``count`` permutations: mixed multiples of STEP, the same on every machine."""
    drawn = np.array([mix_plainly(i * STEP % 2**64) for i in range(1, 2 * count + 1)], np.uint64)
    return drawn[0::2] | np.uint64(1), drawn[1::2].copy()


@compiled(types.void(types.uint32[::1], types.int64, _NUMBERS, _NUMBERS, types.uint32[::1]))
def lower(shingles, count, factors, terms, minima):  # type: ignore[no-untyped-def]
    """Lowers each permutation's minimum by the first ``count`` shingles."""
    for j in range(len(minima)):
        factor, term, least = factors[j], terms[j], minima[j]
        for i in range(count):
            least = min(least, np.uint32((factor * np.uint64(shingles[i]) + term) >> _HIGH))
        minima[j] = least


@compiled(
    types.void(BYTES, POSITIONS, POSITIONS, CODES, types.int64, _NUMBERS, _NUMBERS, types.uint32[:, ::1], types.boolean[::1]),
    allocates=True,
)
def sign(data, starts, ends, table, shingle, factors, terms, minima, signed):  # type: ignore[no-untyped-def]
    """Fills ``minima`` text by text, and says in ``signed`` which texts have as many words as a shingle.

    The last words stand in a ring and shingles are gathered in blocks, so that memory does not grow with the text.
    """
    ring = np.zeros(shingle, np.uint64)
    block = np.zeros(BLOCK, np.uint32)
    oldest = np.uint64(1)
    for _ in range(shingle):
        oldest *= _STEP
    for row in range(len(starts)):
        ring[:] = np.uint64(0)
        seen, held, rolled = 0, 0, np.uint64(0)
        word, at = next_word(data, starts[row], ends[row], table)
        while at >= 0:
            slot = seen % shingle
            rolled = rolled * _STEP + word - ring[slot] * oldest
            ring[slot] = word
            seen += 1
            if seen >= shingle:
                block[held] = np.uint32(mix(rolled) >> _HIGH)
                held += 1
                if held == BLOCK:
                    lower(block, held, factors, terms, minima[row])
                    held = 0
            word, at = next_word(data, at, ends[row], table)
        lower(block, held, factors, terms, minima[row])
        signed[row] = seen >= shingle


def signatures(texts: Any, count: int, shingle: int, profile: str = "resonance") -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """``count`` minima for each text of an Arrow string array, and which texts are long enough to have any."""
    (data, starts, ends), table = read(texts, profile)
    minima = np.full((len(starts), count), 2**32 - 1, np.uint32)
    signed = np.zeros(len(starts), np.bool_)
    sign(data, starts, ends, table, shingle, *permutations(count), minima, signed)
    return minima, signed


def signature_plainly(text: str, count: int, shingle: int, profile: str = "resonance") -> list[int] | None:
    """The minima of one text, or None if it has fewer words than a shingle; the definition that the kernel is held to."""
    hashes = [word_hash(word) for word in words_plainly(text, profile)]
    shingles = [hashes[i : i + shingle] for i in range(len(hashes) - shingle + 1)]
    if not shingles:
        return None
    rolled = [sum(h * STEP ** (shingle - 1 - i) for i, h in enumerate(s)) % 2**64 for s in shingles]
    numbers = [mix_plainly(value) >> 32 for value in rolled]
    factors, terms = permutations(count)
    return [min((a * x + b) % 2**64 >> 32 for x in numbers) for a, b in zip(factors.tolist(), terms.tolist(), strict=True)]


def bands(minima: NDArray[np.uint32], rows: int) -> NDArray[np.int64]:
    """One hash for each ``rows`` minima in turn: texts that agree in one of them are candidates for near duplicates."""
    grouped = minima.reshape(len(minima), minima.shape[1] // rows, rows).astype(np.uint64)
    value = np.full(grouped.shape[:2], STEP, np.uint64)
    for row in range(rows):
        value = _mix_bits(value * _STEP + grouped[:, :, row])
    return value.view(np.int64)


def _mix_bits(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for factor in (FIRST, SECOND):
        value = (value ^ (value >> np.uint64(33))) * np.uint64(factor)
    return value ^ (value >> np.uint64(33))
