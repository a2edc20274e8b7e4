"""How well scores tell reference texts from general ones, and whether they are as often right as they say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 10
Numbers = NDArray[np.float64]


class Bin(NamedTuple):
    """Texts whose score lies in a tenth: how many, their mean score, and the share of reference texts among them."""

    texts: int
    score: float
    good: float


def balance(labels: Numbers) -> Numbers:
    """How much each text counts: both kinds count alike, however many there are of each, and a text counts 1 on average."""
    good = float(labels.sum())
    return np.where(labels == 1, len(labels) / (2 * good), len(labels) / (2 * (len(labels) - good)))


def area_under_curve(scores: Numbers, labels: Numbers) -> float:
    """How likely a reference text scores above a general one, drawn at random; ties count half (the area under the ROC curve)."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = ends - (counts - 1) / 2
    good = labels == 1
    n_good, n_general = int(good.sum()), int((~good).sum())
    return float((ranks[places][good].sum() - n_good * (n_good + 1) / 2) / (n_good * n_general))


def list_bins(scores: Numbers, labels: Numbers) -> list[Bin]:
    """Texts by tenths of their score, both kinds counting alike; tenths without any are left out."""
    shares = balance(labels)
    tenths = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    found = []
    for tenth in range(BINS):
        here = tenths == tenth
        if here.any():
            mean = np.average(scores[here], weights=shares[here])
            found.append(Bin(int(here.sum()), float(mean), float(np.average(labels[here], weights=shares[here]))))
    return found


def calibration_error(scores: Numbers, labels: Numbers) -> float:
    """The mean distance between score and share of reference texts over tenths of the score (Naeini et al. 2015)."""
    shares = balance(labels)
    tenths = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(tenths, shares * (scores - labels), BINS)
    return float(np.abs(gaps).sum() / shares.sum())


def fit_logistic(values: Numbers, labels: Numbers) -> tuple[float, float]:
    """Slope and bias under which the logistic function of ``values`` says how likely a text is a reference text (Platt 1999).

    Newton's steps on the logistic loss; the targets are Platt's, so that values that part both kinds wholly have a finite slope.
    """
    shares, good = balance(labels), labels.sum()
    target = np.where(labels == 1, (good + 1) / (good + 2), 1 / (len(labels) - good + 2))
    scale = float(np.abs(values).max()) or 1.0
    given, found = np.column_stack([values / scale, np.ones_like(values)]), np.zeros(2)
    for _ in range(STEPS):
        said = 1 / (1 + np.exp(-np.clip(given @ found, -500, 500)))
        slopes = given.T @ (shares * (said - target)) + RIDGE * found
        curves = (given * (shares * said * (1 - said))[:, None]).T @ given + RIDGE * np.eye(2)
        found = found - np.clip(np.linalg.solve(curves, slopes), -MOST_STEP, MOST_STEP)
    return float(found[0] / scale), float(found[1])


STEPS, MOST_STEP, RIDGE = 60, 4.0, 1e-6
"""Newton's steps, the longest of them, and a hair of weight decay, which keeps the curves from being flat."""
