"""Levels of campaigns: by hand, against a convolution, and within what may be spent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from resonance.control.search.alpha import ALPHA, TOTAL, WEALTH, find_level, share_of

NUMBERS = range(1, 41)
HISTORIES = st.sets(st.integers(1, 40))


def convolve(accepted: set[int], number: int) -> float:
    """Levels as incomes that are spent over later campaigns: what stands at time 0, and what each acceptance earns."""
    income = np.zeros(number)
    income[0] = 0.025
    for nth, time in enumerate(sorted(one for one in accepted if one < number)):
        income[time] += 0.025 if nth == 0 else 0.05
    spent = np.arange(1, number + 1, dtype=float) ** -1.6 / 2.28577
    return math.fsum(income[time] * spent[number - time - 1] for time in range(number))


def test_levels_of_the_literature_by_hand() -> None:
    never = [find_level(number, (), "lord") for number in range(1, 5)]
    assert never == pytest.approx([0.010937, 0.003608, 0.001886, 0.001190], abs=5e-7)
    assert find_level(3, {2, 5}, "lord") == pytest.approx(0.012823, abs=5e-7)
    assert find_level(6, {2, 5}, "lord") == pytest.approx(0.023687, abs=5e-7)


@given(HISTORIES)
def test_lord_is_the_sum_of_incomes(accepted: set[int]) -> None:
    for number in NUMBERS:
        assert find_level(number, accepted, "lord") == pytest.approx(convolve(accepted, number), abs=1e-12)


@given(HISTORIES)
def test_lord_never_promises_more_than_the_false_discovery_rate(accepted: set[int]) -> None:
    """The estimate of false discoveries, all levels so far over acceptances, stays below ALPHA: what the proof of LORD++ needs."""
    for number in NUMBERS:
        levels = math.fsum(find_level(one, accepted, "lord") for one in range(1, number + 1))
        assert levels <= ALPHA * max(1, len([time for time in accepted if time <= number])) + 1e-12


def test_shares_sum_up_to_no_more_than_one() -> None:
    assert special.zeta(1.6) <= TOTAL <= special.zeta(1.6) * 1.00001
    assert share_of(0) == share_of(-3) == 0.0


@given(HISTORIES)
def test_spending_does_not_look_at_what_was_accepted(accepted: set[int]) -> None:
    levels = [find_level(number, accepted, "spend") for number in NUMBERS]
    assert levels == [find_level(number, (), "spend") for number in NUMBERS]
    assert levels[0] == pytest.approx(0.05 / 2.28577, abs=1e-15)
    assert math.fsum(levels) < ALPHA


def test_where_nothing_helps_all_levels_stay_within_the_first_wealth() -> None:
    assert math.fsum(find_level(number, (), "lord") for number in range(1, 2_000)) < WEALTH
