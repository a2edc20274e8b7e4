"""The set ``characters``: how evenly a text uses its characters, which needs no words and so no language.

White space is left out. Entropy is Shannon's (1948), of the text's own characters, rounded to a millionth of a bit, so that
logarithms of different machines agree.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, spans

SCALE = 1e6
Value = float | None


def plainly(text: str) -> tuple[Value, ...]:
    """The values of the set for one text; entropy and shares are not defined where there is white space alone."""
    counts = Counter(character for character in text if not character.isspace())
    total, longest = counts.total(), max((len(list(run)) for sign, run in groupby(text) if not sign.isspace()), default=0)
    if not total:
        return (0, None, None, 0, None)
    entropy = math.log2(total) - sum(count * math.log2(count) for count in counts.values()) / total
    single = sum(count == 1 for count in counts.values()) / len(counts)
    return (len(counts), math.floor(entropy * SCALE + 0.5) / SCALE, max(counts.values()) / total, longest, single)


@cache
def list_spaces() -> NDArray[np.uint8]:
    """Whether each code point up to the last white space is one."""
    spaces = [code for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    table = np.zeros(spaces[-1] + 1, np.uint8)
    table[spaces] = 1
    return table


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, types.int64[::1], types.int64[::1], types.float64[:, ::1]))
def measure_all(data, starts, ends, spaces, counts, seen, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text; ``counts``, zeros for each code point, is left as it was."""
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        total = distinct = run = longest = 0
        last = np.int64(-1)
        while at < end:
            code, at = code_point(data, at, end)
            if code < len(spaces) and spaces[code]:
                last = np.int64(-1)
                continue
            if counts[code] == 0:
                seen[distinct] = code
                distinct += 1
            counts[code] += 1
            total += 1
            run = run + 1 if code == last else 1
            longest = max(longest, run)
            last = code
        top, logs, single = np.int64(0), 0.0, 0
        for place in range(distinct):
            count = counts[seen[place]]
            counts[seen[place]] = 0
            top = max(top, count)
            single += count == 1
            logs += count * math.log2(count)
        found[row, 0], found[row, 3] = distinct, longest
        if total:
            found[row, 1] = math.floor((math.log2(total) - logs / total) * SCALE + 0.5) / SCALE
            found[row, 2] = top / total
            found[row, 4] = single / distinct


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row a text; NaN where one is not defined."""
    data, starts, ends = spans(texts)
    found = np.full((len(starts), 5), np.nan)
    codes = sys.maxunicode + 1
    measure_all(data, starts, ends, list_spaces(), np.zeros(codes, np.int64), np.zeros(codes, np.int64), found)
    return found
