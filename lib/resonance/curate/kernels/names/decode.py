"""The most likely labels of a sentence, from the scores of each label at each character and of each step between labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled


def decode_plainly(scores: NDArray[np.float32], steps: NDArray[np.float32]) -> list[int]:
    """The labels with the largest sum of scores and steps (Viterbi 1967); of equal ones the first.

    Args:
        scores: of each label (column) at each character (row).
        steps: from a label (row) to the next (column).
    """
    best, came = scores[0], []
    for row in scores[1:]:
        sums = best[:, None] + steps
        came.append(sums.argmax(axis=0))
        best = sums.max(axis=0) + row
    labels = [int(best.argmax())]
    for before in reversed(came):
        labels.append(int(before[labels[-1]]))
    return labels[::-1]


@compiled(types.int64[::1](types.float32[:, ::1], types.float32[:, ::1]), allocates=True)
def decode(scores, steps) -> Any:  # type: ignore[no-untyped-def]
    """The same, compiled."""
    size, labels = scores.shape
    came = np.empty((size, labels), np.int64)
    best, after = scores[0].copy(), np.empty(labels, np.float32)
    for at in range(1, size):
        for label in range(labels):
            top, chosen = best[0] + steps[0, label], 0
            for before in range(1, labels):
                value = best[before] + steps[before, label]
                if value > top:
                    top, chosen = value, before
            after[label], came[at, label] = top + scores[at, label], chosen
        best, after = after, best
    found = np.empty(size, np.int64)
    found[size - 1] = np.argmax(best)
    for at in range(size - 1, 0, -1):
        found[at - 1] = came[at, found[at]]
    return found
