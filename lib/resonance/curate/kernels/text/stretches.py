"""Stretches of a text (lines, paragraphs): where they begin and end without white space, their hash, their characters."""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.text.character_bits import SPACE
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, code_point, mix

INT = types.int64
RANGE = types.UniTuple(INT, 2)  # type: ignore[no-untyped-call]


@compiled(INT(BYTES, INT, INT))
def before(data, start, at):  # type: ignore[no-untyped-def]
    """Where the character starts that ends at ``at``."""
    at -= 1
    while at > start and data[at] & 0xC0 == 0x80:
        at -= 1
    return at


@compiled(RANGE(BYTES, INT, INT, BYTES))
def trim_stretch(data, start, end, bits):  # type: ignore[no-untyped-def]
    """Where a stretch begins and ends without the white space around it; ``bits`` are those of ``characters``."""
    while start < end:
        code, after = code_point(data, start, end)
        if not bits[code] & SPACE:
            break
        start = after
    while start < end:
        last = before(data, start, end)
        if not bits[code_point(data, last, end)[0]] & SPACE:
            break
        end = last
    return start, end


@compiled(types.uint64(BYTES, INT, INT))
def digest(data, start, end):  # type: ignore[no-untyped-def]
    """A hash of the bytes, read eight at a time."""
    value, filled = mix(np.uint64(end - start)), np.uint64(0)
    at = start
    while at + 8 <= end:
        word = np.uint64(0)
        for i in range(8):
            word |= np.uint64(data[at + i]) << np.uint64(8 * i)
        value = mix(value ^ word)
        at += 8
    word = np.uint64(0)
    while at < end:
        word |= np.uint64(data[at]) << filled
        filled += np.uint64(8)
        at += 1
    return mix(value ^ word)


@compiled(INT(BYTES, INT, INT))
def length(data, start, end):  # type: ignore[no-untyped-def]
    """How many characters there are."""
    chars = 0
    for at in range(start, end):
        chars += data[at] & 0xC0 != 0x80
    return chars
