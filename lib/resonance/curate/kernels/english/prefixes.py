"""Running totals of a text, byte by byte: what any piece of it holds is then the difference at its two ends.

Pieces are words, n-grams, lines and paragraphs: each is hashed and counted without being read again, and without a loop
whose length no processor can foresee. A hash is the polynomial of a piece's bytes, modulo 2⁶⁴.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.english.english_tables import BIT
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import HASHES, INT, PLACES
from resonance.curate.kernels.text.scan import BYTES, CODES, code_point, mix
from resonance.curate.kernels.text.words import PRIME

_SPACE, _PRIME, _ONE = np.uint32(BIT["SPACE"]), np.uint64(PRIME), np.uint64(1)
_POWERS = np.array([pow(PRIME, size, 1 << 64) for size in range(257)], np.uint64)


class Totals(NamedTuple):
    """Arrays for one text after the other; entry k is about the text's first k bytes.

    Args:
        whole: the hash of these bytes.
        solid: the hash of the first k bytes that are no white space.
        spots: how many of these bytes are no white space.
        chars: characters; one that is not complete counts.
    """

    whole: NDArray[np.uint64]
    solid: NDArray[np.uint64]
    spots: NDArray[np.int32]
    chars: NDArray[np.int32]


TOTALS = types.NamedTuple((HASHES, HASHES, PLACES, PLACES), Totals)  # type: ignore[no-untyped-call]


@compiled(types.uint64(INT))
def power_of(size):  # type: ignore[no-untyped-def]
    """The radix of hashes to a number of bytes."""
    power, last = np.uint64(1), len(_POWERS) - 1
    while size > last:
        power *= _POWERS[last]
        size -= last
    return power * _POWERS[size]


@compiled(types.uint64(HASHES, INT, INT))
def between(hashes, first, last):  # type: ignore[no-untyped-def]
    """The hash of the bytes from ``first`` to ``last``."""
    return hashes[last] - hashes[first] * power_of(last - first)


@compiled(types.uint64(HASHES, INT, INT))
def name_of(hashes, first, last):  # type: ignore[no-untyped-def]
    """The same as a key that is never 0."""
    return max(mix(between(hashes, first, last)), np.uint64(1))


@compiled(types.uint64(BYTES, INT, INT))
def name_of_bytes(data, at, end):  # type: ignore[no-untyped-def]
    """What ``name_of`` says, for bytes that no totals are known of."""
    value = np.uint64(0)
    for i in range(at, end):
        value = value * _PRIME + np.uint64(data[i]) + np.uint64(1)
    return max(mix(value), np.uint64(1))


@compiled(INT(BYTES, INT, INT, CODES, TOTALS))
def read(data, start, end, flags, totals):  # type: ignore[no-untyped-def]
    """Fills ``totals`` for a text; how many characters it has. No branch asks where words end: no processor can foresee it."""
    whole, solid, spots, chars = totals
    value, inked, ink = np.uint64(0), np.uint64(0), np.uint64(0)
    spot, size, after = np.int64(0), np.int64(0), start
    whole[0], solid[0], spots[0], chars[0] = value, inked, 0, 0
    for at in range(start, end):
        if data[at] < 0x80:
            ink = np.uint64((flags[data[at]] & _SPACE) == 0)
            size += 1
        elif at >= after:
            code, after = code_point(data, at, end)
            ink = np.uint64((flags[code] & _SPACE) == 0)
            size += 1
        byte = np.uint64(data[at]) + _ONE
        value = value * _PRIME + byte
        inked = inked * (_ONE + ink * (_PRIME - _ONE)) + byte * ink
        spot += np.int64(ink)
        k = at + 1 - start
        whole[k], solid[spot], spots[k], chars[k] = value, inked, spot, size
    return size
