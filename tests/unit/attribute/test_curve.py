"""Curves against their own formula, SciPy's least squares and the spread of repeated fits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from resonance.attribute.curve import fit_curve

POINTS = (0.125, 0.25, 0.5, 1.0)


def make_means(limits: list[float], slopes: list[float], exponent: float) -> np.ndarray:
    return np.array([[c + a * share**-exponent for share in POINTS] for c, a in zip(limits, slopes, strict=True)])


def test_a_curve_without_noise_is_found_whole() -> None:
    means = make_means([1.0, 0.5, 2.0], [0.3, 0.8, 0.0], 0.5)
    curve = fit_curve(POINTS, means, np.zeros((3, 4, 4)), np.ones(3))
    assert curve is not None
    assert curve.exponent == pytest.approx(0.5, abs=1e-9)
    assert curve.error == 0.0
    assert means @ curve.weigh_gain() == pytest.approx(np.array([0.3, 0.8, 0.0]) * (1 - 2**-0.5))


def test_two_points_make_no_curve() -> None:
    assert fit_curve((0.5, 1.0), np.ones((2, 2)), np.zeros((2, 2, 2)), np.ones(2)) is None


def test_the_fit_is_scipys() -> None:
    draw = np.random.default_rng(3)
    means = make_means([1.0, 0.5, 2.0], [0.3, 0.8, 0.5], 0.7) + draw.normal(0, 0.01, (3, 4))
    sizes = np.array([100.0, 300.0, 50.0])
    curve = fit_curve(POINTS, means, np.zeros((3, 4, 4)), sizes)
    assert curve is not None

    def leave(p: np.ndarray) -> np.ndarray:
        fit = p[1:4, None] + p[4:, None] * np.array(POINTS) ** -p[0]
        return ((means - fit) * np.sqrt(sizes)[:, None]).ravel()

    theirs = least_squares(leave, [0.5, *means[:, -1], 0.5, 0.5, 0.5])
    assert curve.exponent == pytest.approx(theirs.x[0], abs=0.011), "the grid has steps of .01"
    assert means @ curve.weigh_gain() == pytest.approx(theirs.x[4:] * (1 - 2 ** -theirs.x[0]), abs=0.004)


def test_the_errors_are_those_of_repeated_fits() -> None:
    draw = np.random.default_rng(5)
    true = make_means([1.0, 0.5], [0.4, 0.8], 0.6)
    square = np.full((4, 4), 0.0004) + np.eye(4) * 0.0001
    fits = []
    for _ in range(150):
        means = true + draw.multivariate_normal(np.zeros(4), square, 2)
        curve = fit_curve(POINTS, means, np.stack([square, square]), np.ones(2))
        assert curve is not None
        weights = curve.weigh_gain()
        fits.append(
            (
                curve.exponent,
                curve.error,
                means[1] @ weights,
                np.hypot(np.sqrt(weights @ square @ weights), curve.find_error(means[1])),
            )
        )
    exponents, errors, gains, told = np.array(fits).T
    assert errors.mean() == pytest.approx(exponents.std(), rel=0.3)
    covered = np.abs(gains - 0.8 * (1 - 2**-0.6)) <= 1.96 * told
    assert covered.mean() >= 0.9
