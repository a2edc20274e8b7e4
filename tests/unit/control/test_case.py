"""Bounds of one slice, by hand: each rule alone, which one wins over which, and whose name it carries."""

from __future__ import annotations

import math

import pytest

from resonance.control.case import FREE, Bounds, Case, find_bounds
from resonance.core.settings import DecideSettings

SETTINGS = DecideSettings(max_change=2.0, max_total_change=4.0, floor=0.125)
"""Factors whose products are exact."""
WIDE = 50.0
"""A repeat limit that never binds."""


def found(previous: float, prior: float, *, limit: float = WIDE, slices: int = 16, seen: str = "hard") -> Bounds:
    return find_bounds(Case(previous, prior, limit, asked=0.5, seen=seen), SETTINGS, slices)


def test_a_free_slice_takes_the_bounds_of_the_rule() -> None:
    assert FREE.clamped("change", 0.25, 0.5) == Bounds(0.25, 0.5, "change", "change")
    assert FREE.clamped("limit", 0.0, 0.5) == Bounds(0.0, 0.5, "", "limit"), "what a rule does not move keeps its name"
    assert FREE.clamped("floor", 0.25, math.inf) == Bounds(0.25, math.inf, "floor", "")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.125, 0.75, Bounds(0.25, 0.5, "old", "old")),
        (0.25, 0.5, Bounds(0.25, 0.5, "old", "old")),
        (0.375, 0.75, Bounds(0.375, 0.5, "new", "old")),
        (0.125, 0.375, Bounds(0.25, 0.375, "old", "new")),
        (0.3125, 0.375, Bounds(0.3125, 0.375, "new", "new")),
        (0.75, 0.875, Bounds(0.75, 0.75, "new", "new")),
        (0.0, 0.125, Bounds(0.125, 0.125, "new", "new")),
    ],
    ids=["wider", "equal", "higher", "lower", "narrower", "above", "below"],
)
def test_a_later_rule_moves_both_bounds_into_its_own(low: float, high: float, expected: Bounds) -> None:
    assert Bounds(0.25, 0.5, "old", "old").clamped("new", low, high) == expected


def test_a_weight_at_most_doubles_or_halves_in_a_round() -> None:
    assert found(0.25, 0.25) == Bounds(0.125, 0.5, "change", "change")


def test_the_change_in_all_cuts_the_change_of_a_round() -> None:
    assert found(0.25, 0.09375) == Bounds(0.125, 0.375, "change", "total")
    assert found(0.25, 0.75) == Bounds(0.1875, 0.5, "total", "change")
    assert found(0.5, 0.03125) == Bounds(0.125, 0.125, "total", "total"), "where both cannot be kept, the later rule wins"


def test_the_floor_is_a_share_of_an_even_weight() -> None:
    assert found(0.1, 0.1, slices=2) == Bounds(0.0625, 0.2, "floor", "change")
    assert found(0.1, 0.1, slices=4) == Bounds(0.05, 0.2, "change", "change")


def test_the_floor_wins_over_both_changes() -> None:
    assert found(0.0078125, 0.0078125, slices=2) == Bounds(0.0625, 0.0625, "floor", "floor")
    assert found(0.25, 0.0078125, slices=2) == Bounds(0.0625, 0.0625, "floor", "floor")


def test_a_slice_that_had_nothing_comes_back_at_the_floor() -> None:
    assert found(0.0, 0.0, slices=2) == Bounds(0.0625, 0.0625, "floor", "floor")


def test_the_repeat_limit_caps() -> None:
    assert found(0.25, 0.25, limit=0.375) == Bounds(0.125, 0.375, "change", "limit")
    assert found(0.25, 0.25, limit=0.5) == Bounds(0.125, 0.5, "change", "change")


def test_the_repeat_limit_wins_over_every_other_rule() -> None:
    assert found(0.25, 0.25, limit=0.0625) == Bounds(0.0625, 0.0625, "limit", "limit"), "over the change of a round"
    assert found(0.25, 0.75, limit=0.15625) == Bounds(0.15625, 0.15625, "limit", "limit"), "over the change in all"
    assert found(0.0078125, 0.0078125, limit=0.03125, slices=2) == Bounds(0.03125, 0.03125, "limit", "limit"), "over the floor"
    assert found(0.25, 0.25, limit=0.125, seen="") == Bounds(0.125, 0.125, "limit", "limit"), "over what is kept"
    assert found(0.25, 0.25, limit=0.0) == Bounds(0.0, 0.0, "limit", "limit")


def test_a_slice_that_was_not_scored_keeps_its_weight() -> None:
    assert found(0.25, 0.25, seen="") == Bounds(0.25, 0.25, "kept", "kept")
    assert found(0.25, 0.03125, seen="") == Bounds(0.25, 0.25, "kept", "kept"), "whatever its share of round 1"
    assert found(0.0078125, 0.25, seen="", slices=2) == Bounds(0.0625, 0.0625, "floor", "floor"), "but not below the floor"
