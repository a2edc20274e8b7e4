"""Where addresses begin that hold more than signs of ASCII, compiled: equals ``plain.widen``."""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.privacy.codes import INSIDE, LETTERS, MOST_BEFORE
from resonance.curate.kernels.privacy.numbers_kernel import is_sign
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, code_point

INT = types.int64
RANGES = types.Array(types.int64, 2, "C", readonly=True)
_MOST_BEFORE, _DOT, _MINUS, _PLUS, _PERCENT, _UNDERLINE = MOST_BEFORE, ord("."), ord("-"), ord("+"), ord("%"), ord("_")
_LETTERS, _INSIDE = np.array(LETTERS, np.int64), np.array(INSIDE, np.int64)


@compiled(types.boolean(INT, RANGES))
def in_ranges(code, ranges):  # type: ignore[no-untyped-def]
    """Whether a code point lies in one of some ranges."""
    found = False
    for i in range(len(ranges)):
        found |= ranges[i, 0] <= code <= ranges[i, 1]
    return found


@compiled(INT(BYTES, INT, INT))
def widen(data, known, start):  # type: ignore[no-untyped-def]
    """Where an address begins that is found from ``start`` on, in a text in which ``known`` is where the last value ends."""
    begin, at, count = start, start, 0
    while at > known and count < _MOST_BEFORE:
        at, count = at - 1, count + 1
        while at > known and data[at] & 0xC0 == 0x80:
            at -= 1
        code = np.int64(data[at])
        if code < 0x80:
            first = is_sign(code) or code == _UNDERLINE
            inside = first or code in (_DOT, _PERCENT, _PLUS, _MINUS)
        else:
            code = code_point(data, at, start)[0]
            first, inside = in_ranges(code, _LETTERS), in_ranges(code, _INSIDE)
        if not inside:
            break
        begin = at if first else begin
    return begin
