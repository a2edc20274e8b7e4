"""Whether a text closes as many brackets of each kind as it opens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, spans

KINDS = types.Array(types.int8, 1, "C", readonly=True)
_BASIC = 0x10000


@compiled(types.void(BYTES, POSITIONS, POSITIONS, KINDS, BYTES, POSITIONS, types.boolean[::1]))
def pair_all(data, starts, ends, kinds, leads, open_, found):  # type: ignore[no-untyped-def]
    """The answer for each text; ``open_`` is room for how many of each kind are open."""
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        open_[:] = 0
        while at < end:
            if not leads[data[at]]:
                at += 1
                continue
            code, at = code_point(data, at, end)
            kind = kinds[code] if code < _BASIC else np.int8(0)
            open_[abs(kind)] += 1 if kind > 0 else -1
        open_[0] = 0
        found[row] = not open_.any()


def find_paired(texts: Any, pairs: tuple[str, ...]) -> NDArray[np.bool_]:
    """Whether each text of an Arrow array of strings closes as many brackets of each of these pairs as it opens; null does."""
    data, starts, ends = spans(texts)
    kinds, leads, found = np.zeros(_BASIC, np.int8), np.zeros(256, np.uint8), np.empty(len(starts), np.bool_)
    for number, pair in enumerate(pairs, 1):
        kinds[ord(pair[0])], kinds[ord(pair[1])] = number, -number
        leads[[sign.encode()[0] for sign in pair]] = 1
    pair_all(data, starts, ends, kinds, leads, np.zeros(len(pairs) + 1, np.int64), found)
    return found


def is_paired(text: str, pairs: tuple[str, ...]) -> bool:
    """The same of one text: the definition."""
    return all(text.count(pair[0]) == text.count(pair[1]) for pair in pairs)
