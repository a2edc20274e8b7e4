from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.report.draw.scales import GAP, STEPS, Scale, find_ticks, fit_ticks, span_values, write_ticks
from resonance.report.draw.svg import TICK
from resonance.report.draw.text import measure_text


def test_a_scale_places_values_in_proportion() -> None:
    scale = Scale(2, 4, 100, 0)
    assert [scale.place(value) for value in (2, 2.5, 4)] == [100, 75, 0]


def test_ranges_have_room_and_leave_out_what_is_not_finite() -> None:
    assert span_values([1, math.nan, 2, math.inf], 0.1) == pytest.approx((0.9, 2.1))
    assert span_values([0, 2], 0.1) == pytest.approx((-0.2, 2.2))
    assert span_values([0.1, 2], 0.1, crosses_zero=False) == pytest.approx((0, 2.19))
    assert span_values([-2, -0.1], 0.1, crosses_zero=False) == pytest.approx((-2.19, 0))
    assert span_values([-1, 1], 0.1, crosses_zero=False) == pytest.approx((-1.2, 1.2))


def test_one_value_and_none_have_a_range_too() -> None:
    assert span_values([5], 0.1) == pytest.approx((4.5, 5.5))
    for values in ([], [0.0], [math.nan]):
        low, high = span_values(values, 0.1, crosses_zero=False)
        assert low < high


def test_ticks_are_round_and_inside() -> None:
    assert find_ticks(0, 1, 6) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert find_ticks(-0.013, 0.012, 3) == pytest.approx([-0.01, 0, 0.01])
    assert find_ticks(120, 980, 4) == [200, 400, 600, 800]
    assert find_ticks(120, 980, 3) == [250, 500, 750]
    assert find_ticks(0.96, 1.04, 5, whole=True) == [1]
    assert find_ticks(0.7, 3.3, 6, whole=True) == [1, 2, 3]
    assert find_ticks(0.5, 19.5, 5, whole=True) == [5, 10, 15]


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-6, 1e9),
    st.integers(2, 8),
)
def test_ticks_are_at_equal_round_steps(low: float, size: float, most: int) -> None:
    high = low + size
    if high <= low or size < 1e-9 * abs(low):
        return
    ticks = find_ticks(low, high, most)
    assert 1 <= len(ticks) <= most
    assert all(low - 1e-6 * size <= tick <= high + 1e-6 * size for tick in ticks)
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        factor = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(factor - known) for known in STEPS) < 1e-3
        assert len(set(write_ticks(ticks))) == len(ticks)


@pytest.mark.parametrize(
    ("ticks", "written"),
    [
        ([0, 0.25, 0.5], ["0", "0.25", "0.50"]),
        ([-1, -0.5, 0, 0.5], ["−1.0", "−0.5", "0", "0.5"]),
        ([0, 5_000, 10_000], ["0", "5k", "10k"]),
        ([2_000, 4_000], ["2,000", "4,000"]),
        ([500_000, 1_000_000, 1_500_000], ["0.5M", "1.0M", "1.5M"]),
        ([0.1 + 0.2], ["0.3"]),
        ([1e-4, 2e-4], ["0.0001", "0.0002"]),
        ([0], ["0"]),
        ([], []),
    ],
)
def test_ticks_are_written_alike(ticks: list[float], written: list[str]) -> None:
    assert write_ticks(ticks) == written


@pytest.mark.parametrize(("pixels", "least"), [(60, 1), (90, 2), (150, 2), (300, 5)])
def test_ticks_beside_each_other_do_not_meet(pixels: float, least: int) -> None:
    scale = Scale(-123_456, 987_654, 10, 10 + pixels)
    ends = [(scale.place(tick), measure_text(word, TICK) / 2) for tick, word in fit_ticks(scale, 6)]
    assert len(ends) >= least
    assert all(x + half + GAP <= other - wide + 1e-9 for (x, half), (other, wide) in zip(ends, ends[1:], strict=False))
