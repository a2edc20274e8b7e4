"""What all kernels share: texts as byte ranges of one Arrow buffer, UTF-8 read code point by code point, a mixing hash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
CODES = types.Array(types.uint32, 1, "C", readonly=True)
POSITIONS = types.int64[::1]

FIRST = 0xFF51AFD7ED558CCD
SECOND = 0xC4CEB9FE1A85EC53
_FIRST, _SECOND, _HALF = np.uint64(FIRST), np.uint64(SECOND), np.uint64(33)

Spans = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]


def spans(texts: Any) -> Spans:
    """The UTF-8 buffer of an Arrow string array, and where each text starts and ends in it; a null is an empty text.

    Slices and large strings are welcome; nothing is copied but the offsets.
    """
    if not pa.types.is_string(texts.type):
        texts = texts.cast(pa.large_string())
    size = len(texts)
    if size == 0:
        return np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.int64)
    _, offsets, data = texts.buffers()
    width = np.int32 if pa.types.is_string(texts.type) else np.int64
    bounds = np.frombuffer(offsets, width, count=texts.offset + size + 1)[texts.offset :].astype(np.int64)
    starts, ends = bounds[:-1].copy(), bounds[1:].copy()
    if texts.null_count:
        absent = texts.is_null().to_numpy(zero_copy_only=False)
        ends[absent] = starts[absent]
    held = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return held, starts, ends


@compiled(types.UniTuple(types.int64, 2)(BYTES, types.int64, types.int64))  # type: ignore[no-untyped-call]
def code_point(data, at, end):  # type: ignore[no-untyped-def]
    """The code point at ``at`` and where the next one starts; a broken sequence is U+FFFD, one byte long."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, at + 1
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC2 or lead > 0xF4 or at + size > end:
        return np.int64(0xFFFD), at + 1
    code = lead & (0x7F >> size)
    for i in range(at + 1, at + size):
        if data[i] & 0xC0 != 0x80:
            return np.int64(0xFFFD), at + 1
        code = (code << 6) | np.int64(data[i] & 0x3F)
    if code > 0x10FFFF:
        return np.int64(0xFFFD), at + 1
    return code, at + size


@compiled(types.uint64(types.uint64))
def mix(value):  # type: ignore[no-untyped-def]
    """``value`` with every bit spread over all others (a bijection: the finaliser of MurmurHash3, A. Appleby)."""
    value = (value ^ (value >> _HALF)) * _FIRST
    value = (value ^ (value >> _HALF)) * _SECOND
    return value ^ (value >> _HALF)


def mix_plainly(value: int) -> int:
    """The definition of ``mix`` on Python's integers."""
    value = ((value ^ (value >> 33)) * FIRST) % 2**64
    value = ((value ^ (value >> 33)) * SECOND) % 2**64
    return value ^ (value >> 33)
