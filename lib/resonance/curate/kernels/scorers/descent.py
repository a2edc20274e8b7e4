"""Learns the classifier's weights: stochastic gradient descent on the logistic loss, text after text in a given order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.scorers.features import BITS, MOST_FEATURES, list_plainly, list_runs, list_words
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, spans
from resonance.curate.kernels.text.words import folds

_WEIGHTS = types.float64[::1]
_INDICES = types.uint32[::1]


def learn_plainly(texts: list[str], labels: list[int], shares: list[float], passes: int, rate: float) -> NDArray[np.float64]:
    """The weights that are learned, in a few lines; the definition of the kernel."""
    weights, bias, steps = np.zeros(1 << BITS), 0.0, passes * len(texts)
    for step in range(steps):
        row = step % len(texts)
        parts = [part for part in list_plainly(texts[row]) if part]
        value = bias + sum(sum(weights[place] for place in part) / len(part) for part in parts)
        gradient = rate * (1 - step / steps) * shares[row] * (1 / (1 + math.exp(-value)) - labels[row])
        bias -= gradient / BIAS_SLOWER
        for part in parts:
            for place in part:
                weights[place] -= gradient / len(part)
    return weights


BIAS_SLOWER = 100.0
"""The bias is moved by every text, a weight by few: its steps are smaller by this factor."""


@compiled(types.float64(_WEIGHTS, _INDICES, types.int64))
def average(weights, places, count):  # type: ignore[no-untyped-def]
    """The mean weight at the first ``count`` places; zero where there are none."""
    total = 0.0
    for i in range(count):
        total += weights[places[i]]
    return total / count if count else 0.0


@compiled(types.void(_WEIGHTS, _INDICES, types.int64, types.float64))
def move(weights, places, count, gradient):  # type: ignore[no-untyped-def]
    """Moves the weights at the first ``count`` places against the gradient of their mean."""
    for i in range(count):
        weights[places[i]] -= gradient / count


@compiled(
    types.void(
        BYTES,
        POSITIONS,
        POSITIONS,
        CODES,
        types.float64[::1],
        types.float64[::1],
        types.int64,
        types.float64,
        _INDICES,
        _INDICES,
        _WEIGHTS,
    )
)
def descend(data, starts, ends, table, labels, shares, passes, rate, words, runs, weights):  # type: ignore[no-untyped-def]
    """Fills ``weights``, which begin as zeros; ``words`` and ``runs`` have room for the features of the longest text."""
    bias = 0.0
    steps = passes * len(starts)
    for step in range(steps):
        row = step % len(starts)
        n_words = list_words(data, starts[row], ends[row], table, words)
        n_runs = list_runs(data, starts[row], ends[row], runs)
        value = bias + average(weights, words, n_words) + average(weights, runs, n_runs)
        gradient = rate * (1 - step / steps) * shares[row] * (1 / (1 + math.exp(-value)) - labels[row])
        bias -= gradient / BIAS_SLOWER
        move(weights, words, n_words, gradient)
        move(weights, runs, n_runs, gradient)


def learn(texts: Any, labels: NDArray[np.float64], shares: NDArray[np.float64], passes: int, rate: float) -> NDArray[np.float64]:
    """The weights that are learned from texts of an Arrow string array in their order.

    Args:
        texts: strings.
        labels: 1 for a reference text, 0 for a general one.
        shares: how much each text counts.
        passes: how often all texts are gone through.
        rate: the size of the first step; it falls to zero in a straight line.
    """
    data, starts, ends = spans(texts)
    longest = int((ends - starts).max(initial=1))
    words, runs = np.empty(MOST_FEATURES * longest, np.uint32), np.empty(longest, np.uint32)
    weights = np.zeros(1 << BITS)
    descend(data, starts, ends, folds(), labels, shares, passes, rate, words, runs, weights)
    return weights
