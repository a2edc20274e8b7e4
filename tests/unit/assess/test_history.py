"""An assessment beside earlier ones: medians, robust deviations and divergences are those of NumPy and SciPy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import median_abs_deviation

from resonance.assess.history import LEAST_SPREAD, Comparison, Past, compare, compare_score, read_past, share_out
from resonance.assess.mappings import find_divergence

SHARES = st.lists(st.integers(0, 50), min_size=3, max_size=8).filter(any)


@given(st.lists(st.floats(0, 1), min_size=5, max_size=30), st.floats(0, 1))
def test_a_score_is_compared_with_the_newest_twenty(past, score):
    newest = past[-20:]
    spread = max(median_abs_deviation(newest, scale=1 / 1.4826), LEAST_SPREAD)
    usual, deviation = compare_score(score, past)
    assert usual == pytest.approx(np.median(newest))
    assert deviation == pytest.approx((score - np.median(newest)) / spread)


def test_fewer_than_five_say_nothing_and_no_score_is_compared():
    assert compare_score(0.1, [0.9] * 4) == (None, None)
    assert compare_score(None, [0.9] * 9) == (None, None)
    usual, deviation = compare_score(0.1, [0.9] * 5)
    assert (usual, deviation) == (0.9, pytest.approx(-800))


@given(SHARES, SHARES)
def test_a_divergence_is_that_of_scipy(one, other):
    size = max(len(one), len(other))
    p, q = ([*counts, *[0] * (size - len(counts))] for counts in (one, other))
    named = [{str(place): count / sum(counts) for place, count in enumerate(counts)} for counts in (p, q)]
    assert find_divergence(*named) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-9)
    assert find_divergence(named[0], named[0]) == 0


def test_a_distribution_tells_no_value_and_keeps_the_largest():
    shares = share_out({f"value {number}": number for number in range(1, 201)})
    assert sum(shares.values()) == pytest.approx(1)
    assert len(shares) == 101
    assert shares["others"] == pytest.approx(sum(range(1, 101)) / sum(range(1, 201)))
    assert not any("value" in name for name in shares)


def row(round, score, shares=None, stratum="{}"):
    distribution = None if shares is None else json.dumps({"labels": shares})
    return {"round": round, "operator": "x", "score": score, "stratum": stratum, "distribution": distribution}


def test_the_past_is_that_of_accepted_rounds_over_all_rows():
    rows = [row(2, 0.8, {"a": 1.0}), row(1, 0.9, {"a": 0.5, "b": 0.5}), row(3, 0.1, {"b": 1.0}), row(1, 0.2, None, '{"s": "t"}')]
    past = read_past(rows, [1, 2])
    assert past == Past({"x": [0.9, 0.8]}, {"x": {"labels": {"a": 1.0}}})
    assert compare("x", 0.8, {"labels": {"b": 1.0}}, past) == Comparison(None, None, 1.0)
    assert compare("x", 0.8, {"labels": {"b": 1.0}}, past).stands_apart
    assert not compare("x", 0.8, {"labels": {"a": 1.0}}, past).stands_apart
    assert compare("y", 0.8, {}, past) == Comparison()
