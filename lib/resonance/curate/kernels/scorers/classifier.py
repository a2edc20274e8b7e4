"""The classifier: how likely a text is one of the reference texts and not of the general ones, by a logistic model.

The number whose logistic function is the score is ``slope * (mean weight of words and pairs + mean weight of runs of characters)
+ bias``. Means, so that long and short texts are held to one scale. Weights are whole numbers, whose sums are the same on every
machine; the score is rounded to a millionth.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers.features import CODE_BITS, MASK, SHIFT, hash_pair, hash_run, list_plainly
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, spans
from resonance.curate.kernels.text.words import folds, next_word

ROUNDED = 6
_WEIGHTS = types.Array(types.int16, 1, "C", readonly=True)
_SHIFT, _CODE, _MASK = np.uint64(SHIFT), np.uint64(CODE_BITS), np.uint64(MASK)


def plainly(text: str, scorer: Scorer) -> float | None:
    """The score of one text; None where it has neither a word nor three characters."""
    weights = scorer.arrays["weights"]
    parts = [[int(weights[place]) for place in places] for places in list_plainly(text)]
    if not any(parts):
        return None
    return squash(sum(sum(part) / len(part) for part in parts if part), scorer)


def squash(mean: float, scorer: Scorer) -> float:
    """The score for the sum of both means."""
    value = scorer.about["slope"] * mean + scorer.about["bias"]
    return round(1 / (1 + math.exp(-max(min(value, 500.0), -500.0))), ROUNDED)


@compiled(types.void(BYTES, POSITIONS, POSITIONS, CODES, _WEIGHTS, types.float64[::1]))
def add_means(data, starts, ends, table, weights, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text with the sum of both means; NaN where a text has no feature."""
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        total, count = np.int64(0), 0
        before = np.uint64(0)
        while True:
            now, at = next_word(data, at, end, table)
            if at < 0:
                break
            if count:
                total += weights[hash_pair(before, now) >> _SHIFT]
                count += 1
            total += weights[now >> _SHIFT]
            count += 1
            before = now
        codes, seen, runs = np.uint64(0), 0, np.int64(0)
        at = starts[row]
        while at < end:
            code, at = code_point(data, at, end)
            codes = ((codes << _CODE) | np.uint64(code)) & _MASK
            seen += 1
            if seen > 2:
                runs += weights[hash_run(codes) >> _SHIFT]
        found[row] = np.nan
        if count:
            found[row] = total / count
        if seen > 2:
            found[row] = runs / (seen - 2) + (total / count if count else 0.0)


def measure_means(texts: Any, weights: NDArray[np.int16]) -> NDArray[np.float64]:
    """The sum of both means of each text of an Arrow string array; NaN where a text has no feature."""
    data, starts, ends = spans(texts)
    found = np.empty(len(starts))
    add_means(data, starts, ends, folds(), weights, found)
    return found


def measure(texts: Any, scorer: Scorer) -> list[float | None]:
    """The score of each text of an Arrow string array; None where it has none."""
    means = measure_means(texts, scorer.arrays["weights"])
    return [None if math.isnan(mean) else squash(mean, scorer) for mean in means.tolist()]
