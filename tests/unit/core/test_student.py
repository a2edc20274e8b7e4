"""Student's t held against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from resonance.core.student import exceed_t, find_t

T = np.concatenate([np.linspace(-40, 40, 801), [-1e6, 1e6, -np.inf, np.inf]])


@pytest.mark.parametrize("freedom", range(1, 31))
def test_chances_are_those_of_scipy(freedom: int) -> None:
    np.testing.assert_allclose(exceed_t(T, freedom), stats.t.sf(T, freedom), rtol=0, atol=1e-14)


@given(st.floats(-40, 40), st.floats(1, 500))
def test_broken_degrees_of_freedom_are_those_of_scipy(t: float, freedom: float) -> None:
    assert float(exceed_t(t, freedom)) == pytest.approx(stats.t.sf(t, freedom), rel=1e-7, abs=1e-14)


@pytest.mark.parametrize("freedom", [1, 2, 4, 7, 11])
@pytest.mark.parametrize("chance", [0.5, 0.05, 0.01, 1e-4, 0.975])
def test_a_quantile_is_exceeded_with_its_chance(freedom: int, chance: float) -> None:
    assert find_t(chance, freedom) == pytest.approx(stats.t.isf(chance, freedom), rel=1e-9, abs=1e-12)
    assert float(exceed_t(find_t(chance, freedom), freedom)) == pytest.approx(chance, abs=1e-14)


def test_the_quantile_of_t_tables() -> None:
    assert math.isclose(find_t(0.025, 4), 2.7764, abs_tol=5e-5)
