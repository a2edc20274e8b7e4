"""The fit of costs over sizes: a power is found again, and so is what the start costs."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.bench.scale_fit import REST, Power, extrapolate, find_large, fit_all
from tests.bench.scale_run import DRIVER, MEASURES, Sampler, deal_python

SIZES = (1e3, 2e3, 4e3, 8e3)


def test_a_power_is_found_again() -> None:
    power = Power.fit(SIZES, [3 * size**1.2 for size in SIZES])
    assert power.exponent == pytest.approx(1.2)
    assert power.off == pytest.approx(0, abs=1e-9)
    assert power.predict(1e6) == pytest.approx([3 * 1e6**1.2] * 3)


def test_noise_widens_the_interval_with_the_distance() -> None:
    """By hand: three points, residuals of logarithms 1, -2, 1 times e; the standard error of the exponent is e·√6 / √2·ln 2."""
    off = 0.01
    power = Power.fit([1, 2, 4], [math.exp(off), 2 * math.exp(-2 * off), 4 * math.exp(off)])
    assert power.exponent == pytest.approx(1)
    assert power.off == pytest.approx(12.706 * off * math.sqrt(6) / (math.sqrt(2) * math.log(2)), rel=1e-3)
    near, far = (power.predict(size) for size in (4, 4_000))
    assert near[1] < near[0] < near[2]
    assert far[2] / far[0] > near[2] / near[0]


def test_a_growth_that_costs_do_not_tell_is_taken_for_linear() -> None:
    power = Power.fit(SIZES, [5, 1, 9, 2])
    assert power.assumed
    assert power.predict(8e6) == pytest.approx([2e3] * 3)


def cost(job: str, step: str, value: float) -> dict[str, object]:
    return {"job": job, "step": step, **dict.fromkeys(MEASURES, value)}


def test_the_start_is_taken_away_and_small_steps_are_added_up() -> None:
    runs: list[dict[str, Any]] = [{"bytes": 1.0, "costs": [cost("a", "big", 7), cost("a", "small", 1), cost(DRIVER, DRIVER, 50)]}]
    for size in SIZES:
        costs = [cost("a", "big", 7 + size), cost("a", "small", 1 + size / 1e6), cost("a", "least", size / 1e6)]
        runs.append({"bytes": size, "costs": [*costs, cost(DRIVER, DRIVER, 50 + size / 10)]})
    assert find_large(runs[-1]["costs"]) == {("a", "big"), (DRIVER, DRIVER)}
    powers = fit_all(runs)
    assert {name: power.exponent for name, power in powers["core_seconds"].items()} == pytest.approx(
        {("a", "big"): 1, ("a", REST): 1, (DRIVER, DRIVER): 1}
    )
    found = extrapolate(powers, 1e9)
    assert found["core_seconds"]["cost"] == pytest.approx(1e9 + 2e3)
    assert found["driver_seconds"]["cost"] == pytest.approx(1e8)


def test_python_of_an_interval_goes_to_the_tasks_that_ran_in_it() -> None:
    def task(begin: int, end: int) -> dict[str, object]:
        return {"Task Info": {"Launch Time": begin * 1000, "Finish Time": end * 1000}}

    sampler = Sampler(times=[0, 10, 20, 30], used=[0, 4, 10, 11])
    dealt = deal_python({1: [task(0, 10), task(10, 15)], 2: [task(15, 25)]}, sampler)
    assert dealt == pytest.approx({1: 4 + 3, 2: 3 + 1})
