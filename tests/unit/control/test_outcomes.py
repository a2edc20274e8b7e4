"""A difference of bits per byte between what was cut and what was kept, and its interval: held to plain NumPy and to simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from resonance.control.outcomes import Scored, compare_outcomes


def draw(seed: int, clusters: int, mean: float, slice: str = "a", each: int = 2) -> list[Scored]:
    """Documents in clusters whose members cost alike."""
    dice, rows = np.random.default_rng(seed), []
    for number in range(clusters):
        common = dice.normal(mean, 0.3)
        for _ in range(each):
            size = int(dice.integers(50, 500))
            rows.append(Scored(slice, f"{seed}-{number}".encode(), size * (common + dice.normal(0, 0.1)), size))
    return rows


def rate(rows: list[Scored]) -> tuple[float, float, int]:
    """Bits per byte, its variance over clusters and their number, in plain NumPy."""
    bits, size = np.array([row.bits for row in rows]), np.array([row.n_bytes for row in rows])
    value = bits.sum() / size.sum()
    names, place = np.unique([row.cluster for row in rows], return_inverse=True)
    sums = np.bincount(place, weights=bits - value * size)
    return value, len(names) / (len(names) - 1) * (sums**2).sum() / size.sum() ** 2, len(names)


def test_one_slice_is_a_difference_of_ratios_with_a_clustered_interval() -> None:
    cut, kept = draw(1, 9, 3.0), draw(2, 30, 2.5)
    found = compare_outcomes(cut, kept)
    assert found is not None
    (one, spread, many), (other, rest, more) = rate(cut), rate(kept)
    freedom = (spread + rest) ** 2 / (spread**2 / (many - 1) + rest**2 / (more - 1))
    reach = stats.t.ppf(0.975, int(freedom)) * math.sqrt(spread + rest)
    assert (found.cut_bpb, found.kept_bpb, found.gain) == pytest.approx((one, other, one - other), abs=1e-12)
    assert (found.low, found.high) == pytest.approx((one - other - reach, one - other + reach), abs=1e-9)
    assert (found.cut_docs, found.kept_docs) == (18, 60)


def test_slices_are_compared_with_themselves() -> None:
    """Kept texts of one slice cost 2 bits, of the other 6; a rule cuts the first alone, and its texts cost what kept ones do."""
    kept = [*draw(3, 40, 2.0, "a"), *draw(4, 40, 6.0, "b"), *draw(5, 1, 9.0, "c")]
    found = compare_outcomes(draw(6, 40, 2.0, "a"), kept)
    assert found is not None
    assert abs(found.gain) < 0.3
    assert found.kept_docs == 80
    assert compare_outcomes(draw(7, 9, 2.0, "c"), kept) is None, "one cluster tells no spread"
    mixed = compare_outcomes([*draw(8, 10, 2.5, "a"), *draw(9, 10, 6.5, "b"), *draw(10, 5, 9.0, "z")], kept)
    assert mixed is not None
    assert mixed.cut_docs == 40
    assert mixed.gain == pytest.approx(0.5, abs=0.3)


def test_few_clusters_give_no_interval_and_order_changes_nothing() -> None:
    kept = draw(11, 30, 2.0)
    few = compare_outcomes(draw(12, 4, 3.0), kept)
    assert few is not None
    assert (few.low, few.high) == (None, None)
    rows = draw(13, 12, 3.0)
    assert compare_outcomes(rows, kept) == compare_outcomes(rows[::-1], kept[::-1])
    assert compare_outcomes([], kept) is None


def test_intervals_hold_the_truth_as_often_as_they_say_and_those_of_documents_do_not() -> None:
    """400 worlds in which what is cut costs what is kept does; the control takes each document for a cluster of its own."""
    hits = control = 0
    for world in range(400):
        both = draw(1_000 + world, 12, 2.0, each=8), draw(5_000 + world, 40, 2.0, each=8)
        found = compare_outcomes(*both)
        alone = compare_outcomes(*([row._replace(cluster=f"{n}".encode()) for n, row in enumerate(rows)] for rows in both))
        assert found is not None
        assert alone is not None
        hits += (found.low or 0.0) <= 0 <= (found.high or 0.0)
        control += (alone.low or 0.0) <= 0 <= (alone.high or 0.0)
    assert 0.92 <= hits / 400 <= 0.98
    assert control / 400 <= 0.85
