"""Measures of scores: those of scikit-learn, and those worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from resonance.curate.scorers.measures import area_under_curve, balance, calibration_error, fit_logistic, list_bins

PAIRS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60).filter(
    lambda p: len({label for _, label in p}) == 2
)


@given(PAIRS)
def test_the_area_is_that_of_another_library(pairs: list[tuple[int, bool]]) -> None:
    scores, labels = np.array([score / 20 for score, _ in pairs]), np.array([float(label) for _, label in pairs])
    assert area_under_curve(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_both_kinds_count_alike() -> None:
    assert balance(np.array([1.0, 0.0, 0.0, 0.0])).tolist() == [2.0, 2 / 3, 2 / 3, 2 / 3]


def test_calibration_is_worked_out_by_hand() -> None:
    scores, labels = np.array([0.15, 0.15, 0.95, 0.95]), np.array([0.0, 0.0, 1.0, 1.0])
    assert calibration_error(scores, labels) == pytest.approx((0.15 + 0.05) / 2)
    assert [(b.texts, round(b.score, 9), b.good) for b in list_bins(scores, labels)] == [(2, 0.15, 0.0), (2, 0.95, 1.0)]
    assert calibration_error(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0.0


def test_scores_of_known_chances_are_calibrated() -> None:
    draw = np.random.default_rng(3)
    scores = draw.random(40_000)
    labels = (draw.random(40_000) < scores).astype(float)
    assert calibration_error(scores, labels) < 0.02
    assert calibration_error(scores**3, labels) > 0.1, "the control"


def test_the_logistic_fit_is_that_of_another_library() -> None:
    draw = np.random.default_rng(2)
    values = draw.normal(size=3_000) * 40
    labels = (draw.random(3_000) < 1 / (1 + np.exp(-(values * 0.05 - 1)))).astype(float)
    slope, bias = fit_logistic(values, labels)
    other = LogisticRegression(C=1e9).fit(values[:, None], labels, sample_weight=balance(labels))
    assert slope == pytest.approx(other.coef_[0, 0], rel=0.01)
    assert bias == pytest.approx(other.intercept_[0], rel=0.02, abs=0.01)


def test_values_that_part_both_kinds_wholly_have_a_finite_slope() -> None:
    slope, bias = fit_logistic(np.array([-3.0] * 50 + [5.0] * 50), np.array([0.0] * 50 + [1.0] * 50))
    assert 0 < slope < 10
    assert 1 / (1 + np.exp(-(5 * slope + bias))) == pytest.approx(51 / 52, abs=1e-3)
    assert fit_logistic(np.zeros(20), np.array([0.0, 1.0] * 10)) == (0.0, pytest.approx(0.0, abs=1e-6))
