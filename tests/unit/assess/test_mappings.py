"""Mappings at their corners; measures of distributions as scipy has them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from resonance.assess.mappings import (
    cap,
    count_effectively,
    down,
    find_concentration,
    find_distance,
    find_divergence,
    find_entropy,
    find_evenness,
    to_shares,
    up,
)

COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=8).filter(any)


def test_mappings_have_their_corners():
    assert [up(x, 1, 3) for x in (0, 1, 2, 3, 4)] == [0, 0, 0.5, 1, 1]
    assert [down(x, 1, 3) for x in (0, 1, 2, 3, 4)] == [1, 1, 0.5, 0, 0]
    assert [cap(x, 4) for x in (0, 2, 4, 8)] == [0, 0.5, 1, 1]


@given(COUNTS)
def test_entropy_is_that_of_scipy(counts):
    shares = to_shares(counts)
    assert find_entropy(shares) == pytest.approx(entropy(counts), abs=1e-12)
    assert find_evenness(shares, len(counts)) == pytest.approx(entropy(counts) / math.log(len(counts)), abs=1e-12)
    assert 1 - 1e-9 <= count_effectively(shares) <= len(counts) + 1e-9
    assert 1 / len(counts) - 1e-12 <= find_concentration(shares) <= 1 + 1e-12


@given(COUNTS, st.data())
def test_divergence_is_that_of_scipy(counts, data):
    other = data.draw(st.lists(st.integers(0, 1000), min_size=len(counts), max_size=len(counts)).filter(any))
    one, two = ({str(n): share for n, share in enumerate(to_shares(some))} for some in (counts, other))
    expected = jensenshannon(counts, other, base=2) ** 2
    assert find_divergence(one, two) == pytest.approx(0.0 if math.isnan(expected) else expected, abs=1e-9)
    assert find_distance(one, two) == pytest.approx(sum(abs(one[n] - two[n]) for n in one) / 2)
    assert find_divergence(one, one) == find_distance(one, one) == 0


def test_distributions_without_a_common_name_are_as_far_apart_as_can_be():
    assert find_divergence({"a": 1.0}, {"b": 1.0}) == find_distance({"a": 1.0}, {"b": 1.0}) == 1.0
