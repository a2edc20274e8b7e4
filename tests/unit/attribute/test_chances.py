"""Closed forms against SciPy and plain NumPy; Benjamini and Hochberg against SciPy, Holm and areas by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from resonance.attribute import chances
from resonance.attribute.chances import Moments

SAMPLES = st.lists(st.integers(-50, 50), min_size=2, max_size=30)
CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def sum_up(values: list[int]) -> Moments:
    return Moments.sum_up(len(values), sum(values), sum(value * value for value in values))


@given(SAMPLES, SAMPLES)
def test_welch_and_effect_equal_scipy_and_numpy(one: list[int], other: list[int]) -> None:
    if len(set(one)) < 2 or len(set(other)) < 2:
        return
    theirs = stats.ttest_ind(one, other, equal_var=False, alternative="greater").pvalue
    assert chances.judge_welch(sum_up(one), sum_up(other)) == pytest.approx(theirs, rel=1e-8, abs=1e-12)
    spread = math.sqrt((np.var(one, ddof=1) + np.var(other, ddof=1)) / 2)
    effect = chances.measure_effect(sum_up(one), sum_up(other))
    assert effect == pytest.approx((np.mean(one) - np.mean(other)) / spread, rel=1e-9, abs=1e-12)


def test_groups_without_spread_or_values() -> None:
    flat, higher, alone = Moments(5, 1.0, 0.0), Moments(5, 2.0, 0.0), Moments(1, 9.0, 0.0)
    assert chances.judge_welch(higher, flat) == 0.0
    assert chances.judge_welch(flat, higher) == chances.judge_welch(flat, flat) == 1.0
    assert chances.judge_welch(alone, flat) == 1.0, "one value tells nothing of chance"
    assert chances.measure_effect(higher, flat) == 0.0
    assert Moments.sum_up(0, 0, 0) == Moments(0, 0.0, 0.0)


@given(st.integers(0, 40), st.integers(1, 400))
def test_wilson_equals_scipy_and_its_test_inverts_it(hits: int, n: int) -> None:
    hits = min(hits, n)
    theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
    low, high = chances.find_wilson(hits, n)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
    if 0 < low < hits / n:
        assert chances.judge_share(hits, n, low) == pytest.approx(0.025, rel=1e-5)


def test_two_shares_equal_a_chi_square_without_correction() -> None:
    table = [[30, 70], [40, 260]]
    theirs = stats.chi2_contingency(table, correction=False).pvalue
    assert chances.judge_shares(30, 100, 40, 300) == pytest.approx(theirs / 2)
    assert chances.judge_shares(0, 0, 40, 300) == 1.0
    assert chances.judge_shares(0, 10, 0, 30) == 1.0


@given(CHANCES)
def test_discoveries_equal_scipy(given_chances: list[float]) -> None:
    assert chances.adjust_discoveries(given_chances) == pytest.approx(stats.false_discovery_control(given_chances), abs=1e-12)


@given(CHANCES, st.floats(0.001, 0.5))
def test_holm_rejects_what_stepping_down_rejects(given_chances: list[float], level: float) -> None:
    named = {f"{at:02}": p for at, p in enumerate(given_chances)}
    adjusted = chances.adjust_family(named)
    rejected = set()
    for place, name in enumerate(sorted(named, key=lambda name: (named[name], name))):
        if named[name] * (len(named) - place) > level:
            break
        rejected.add(name)
    assert {name for name, p in adjusted.items() if p <= level} == rejected
    assert all(adjusted[name] >= named[name] for name in named)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20), st.lists(st.integers(0, 6), min_size=1, max_size=20))
def test_the_area_counts_pairs(one: list[int], other: list[int]) -> None:
    area, _ = chances.rank_groups({v: one.count(v) for v in set(one)}, {v: other.count(v) for v in set(other)})
    pairs = [(a > b) + (a == b) / 2 for a in one for b in other]
    assert area == pytest.approx(sum(pairs) / len(pairs))


def test_the_error_of_an_area_is_about_that_of_resampling() -> None:
    draw = np.random.default_rng(4)
    areas = []
    for _ in range(600):
        one, other = (np.round(draw.normal(mean, 1, 60) * 20).astype(int).tolist() for mean in (0.8, 0.0))
        counted = [{v: values.count(v) for v in set(values)} for values in (one, other)]
        areas.append(chances.rank_groups(*counted))
    assert np.mean([error for _, error in areas]) == pytest.approx(np.std([area for area, _ in areas]), rel=0.1)
    assert chances.rank_groups({}, {1: 2}) == (0.5, math.inf)
