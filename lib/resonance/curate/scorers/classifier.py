"""Fits a classifier: a sample teaches, another part of it calibrates, a third is held out and tells how well it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resonance.core.errors import InputError
from resonance.core.scorer import Scorer
from resonance.curate.scorers.measures import area_under_curve, balance, calibration_error, fit_logistic, list_bins
from resonance.curate.scorers.sample import PARTS, Sample
from resonance.curate.scorers.verdict import Verdict

KIND = "classifier"
VERSION = "classifier@1"
PASSES, RATE = 5, 100.0
"""Passes over the sample, and the first step of the descent."""
LEAST_TEXTS = 10
"""Fewest texts of each kind in each part."""
LARGEST = 32_767


def fit_classifier(good: Sample, general: Sample, seed: int) -> tuple[Scorer, Verdict]:
    """The classifier that tells ``good`` from ``general``, and how well it does so on texts that it never saw.

    Equal samples and seed give an equal classifier. A text that is in both samples teaches as a good one.

    Raises:
        InputError: there are too few texts of one kind.
    """
    texts, labels, parts = _mix(good, general)
    _refuse_few(labels, parts)
    weights, unit = _learn(texts, labels, parts > 1)
    means = _measure(texts, weights) * unit
    slope, bias = fit_logistic(means[parts == 1], labels[parts == 1])
    about = {
        "version": VERSION,
        "seed": seed,
        "slope": slope * unit,
        "bias": bias,
        "good": [len(good.texts), good.bytes],
        "general": [len(general.texts), general.bytes],
    }
    scorer = Scorer(KIND, about, {"weights": weights})
    return scorer, judge_classifier(
        scorer, [text for text, part in zip(texts, parts, strict=True) if part == 0], labels[parts == 0]
    )


def judge_classifier(scorer: Scorer, texts: Sequence[str], labels: NDArray[np.float64]) -> Verdict:
    """How well a classifier tells texts with label 1 from those with label 0."""
    from resonance.curate.kernels.scorers.classifier import measure

    scores = np.array([0.5 if score is None else score for score in measure(pa.array(texts, pa.large_string()), scorer)])
    measures = {
        "auc": area_under_curve(scores, labels),
        "calibration_error": calibration_error(scores, labels),
        "texts": float(len(texts)),
        "good": float(labels.sum()),
    }
    sentence = (
        f"held out: {measures['good']:,.0f} good and {len(texts) - measures['good']:,.0f} general texts; a good one scores above a "
        f"general one in {measures['auc']:.1%} of pairs (area under the curve); scores miss the share of good texts by "
        f"{measures['calibration_error']:.3f}"
    )
    rows = tuple((f"{row.texts:,}", f"{row.score:.3f}", f"{row.good:.3f}") for row in list_bins(scores, labels))
    heads = ("texts held out", "mean score", "share of good ones")
    return Verdict(measures, sentence, "where as many good texts as general ones come in", heads, rows)


def _mix(good: Sample, general: Sample) -> tuple[list[str], NDArray[np.float64], NDArray[np.int64]]:
    """All texts in the order of their hashes, their labels, and the part that each is in: 0 is held out, 1 calibrates."""
    held = {place: (text, 0.0) for place, text in zip(general.places, general.texts, strict=True)}
    held |= {place: (text, 1.0) for place, text in zip(good.places, good.texts, strict=True)}
    places = sorted(held)
    labels, parts = np.array([held[place][1] for place in places]), np.array([place % PARTS for place in places], np.int64)
    return [held[place][0] for place in places], labels, parts


def _refuse_few(labels: NDArray[np.float64], parts: NDArray[np.int64]) -> None:
    for name, label in (("good", 1), ("general", 0)):
        fewest = min(int(((labels == label) & (parts == part)).sum()) for part in (0, 1))
        if fewest < LEAST_TEXTS:
            raise InputError(
                f"score fit: of {int((labels == label).sum()):,} different {name} texts a tenth is held out, {fewest:,}; "
                f"{LEAST_TEXTS} are needed: give some {LEAST_TEXTS * PARTS * 2} texts or more"
            )


def _learn(texts: list[str], labels: NDArray[np.float64], taught: NDArray[np.bool_]) -> tuple[NDArray[np.int16], float]:
    """Weights as whole numbers, and what one of them is worth."""
    from resonance.curate.kernels.scorers.descent import learn

    chosen = pa.array([text for text, teaches in zip(texts, taught, strict=True) if teaches], pa.large_string())
    found = learn(chosen, labels[taught], balance(labels[taught]), PASSES, RATE)
    unit = float(np.abs(found).max()) / LARGEST or 1.0
    return np.rint(found / unit).astype("<i2"), unit


def _measure(texts: list[str], weights: NDArray[np.int16]) -> NDArray[np.float64]:
    from resonance.curate.kernels.scorers.classifier import measure_means

    return np.nan_to_num(measure_means(pa.array(texts, pa.large_string()), weights))
