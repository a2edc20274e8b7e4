"""How shares are split among slices that were seen, by hand."""

from __future__ import annotations

import math

import pytest

from resonance.control.weightings.known import Known, split_shares

LAST = {"a": 0.5, "b": 0.3, "c": 0.2}


def known(floor: float = 0.0) -> Known:
    return Known(prior=LAST, previous=LAST, limit=LAST, held=LAST, floor=floor)


def test_what_unseen_slices_leave_is_split_in_proportion() -> None:
    assert split_shares(known(), {"a": 3.0, "b": 1.0}) == pytest.approx({"a": 0.6, "b": 0.2, "c": 0.2})


def test_smoothing_spreads_a_part_evenly() -> None:
    # 0.8 to split, half of it evenly: 0.2 each, and 0.4 as three to one.
    assert split_shares(known(), {"a": 3.0, "b": 1.0}, smoothing=0.5) == pytest.approx({"a": 0.5, "b": 0.3, "c": 0.2})


def test_seen_slices_get_the_floor_at_least() -> None:
    heavy = Known(prior=LAST, previous={"a": 0.1, "b": 0.4, "c": 0.5}, limit=LAST, held=LAST, floor=0.9)
    assert split_shares(heavy, {"a": 1.0})["a"] == pytest.approx(0.9 / 3)


def test_without_a_seen_slice_all_keep_their_weights() -> None:
    assert split_shares(known(), {}) == LAST


def test_pulls_of_zero_take_nothing() -> None:
    assert math.fsum(split_shares(known(), {"a": 0.0, "b": 0.0}).values()) == pytest.approx(0.2)
