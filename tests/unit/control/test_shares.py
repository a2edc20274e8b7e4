"""Shares sum to one within bounds, in the proportions that were asked for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.control.case import FREE, Bounds
from resonance.control.shares import water_fill

SHARE = st.floats(1e-6, 1.0)
SLICES = st.lists(st.tuples(SHARE, SHARE, SHARE), min_size=1, max_size=30)


def test_without_bounds_shares_are_what_was_asked_normalised() -> None:
    assert water_fill({"a": 3.0, "b": 1.0}, {"a": FREE, "b": FREE}) == pytest.approx({"a": 0.75, "b": 0.25})


def test_what_a_capped_slice_leaves_goes_to_the_others_in_proportion() -> None:
    asked = {"a": 0.6, "b": 0.3, "c": 0.1}
    assert water_fill(asked, {"a": Bounds(0, 0.2), "b": FREE, "c": FREE}) == pytest.approx({"a": 0.2, "b": 0.6, "c": 0.2})


def test_a_lower_bound_takes_from_the_others_in_proportion() -> None:
    asked = {"a": 0.0, "b": 0.75, "c": 0.25}
    assert water_fill(asked, {"a": Bounds(0.2, 1), "b": FREE, "c": FREE}) == pytest.approx({"a": 0.2, "b": 0.6, "c": 0.2})


def test_upper_bounds_that_cannot_fill_the_budget_are_all_reached() -> None:
    assert water_fill({"a": 0.5, "b": 0.5}, {"a": Bounds(0, 0.3), "b": Bounds(0, 0.4)}) == {"a": 0.3, "b": 0.4}


def test_lower_bounds_beyond_the_budget_give_way_in_proportion() -> None:
    assert water_fill({"a": 0.5, "b": 0.5}, {"a": Bounds(0.9, 1), "b": Bounds(0.6, 1)}) == pytest.approx({"a": 0.6, "b": 0.4})


def test_nothing_asked_and_nothing_allowed_give_nothing() -> None:
    assert water_fill({}, {}) == {}
    assert water_fill({"a": 0.0}, {"a": Bounds(0, 0)}) == {"a": 0.0}


@given(SLICES)
def test_feasible_bounds_hold_and_shares_sum_to_one(slices: list[tuple[float, float, float]]) -> None:
    asked = {str(index): row[0] for index, row in enumerate(slices)}
    bounds = {str(index): Bounds(min(row[1:]), max(row[1:])) for index, row in enumerate(slices)}
    shares = water_fill(asked, bounds)
    least, most = sum(b.low for b in bounds.values()), sum(b.high for b in bounds.values())
    if least <= 1:
        assert all(b.low - 1e-12 <= shares[name] <= b.high + 1e-12 for name, b in bounds.items())
        assert math.fsum(shares.values()) == pytest.approx(min(1.0, most), abs=1e-9)
        free = [name for name, b in bounds.items() if b.low * (1 + 1e-9) < shares[name] < b.high * (1 - 1e-9)]
        levels = [shares[name] / asked[name] for name in free]
        assert not levels or max(levels) == pytest.approx(min(levels), rel=1e-6)
    else:
        assert math.fsum(shares.values()) == pytest.approx(1.0)
