"""Score, power rule and choice of slices by hand."""

from __future__ import annotations

import pytest

from resonance.attribute.slices import UNIT, Halves, Sums, confirm_slices, count_needed, find_weak, keep_distinct, score_slice
from resonance.core.settings import AttributeSettings

SETTINGS = AttributeSettings(min_documents=20)


def make_sums(n: int, mean: float, spread: float = 1.0) -> Sums:
    """Sums of ``n`` documents, half of them ``spread`` above the mean and half below, in bits."""
    low, high = (round((mean + side * spread) / UNIT) for side in (-1, 1))
    return Sums(n, n // 2 * (low + high), n // 2 * (low * low + high * high))


def add(*sums: Sums) -> Sums:
    whole = Sums()
    for one in sums:
        whole = whole + one
    return whole


def make_halves(**slices: Sums) -> Halves:
    """Halves that are alike, of these slices by source, and of pairs named ``source & length``."""
    whole = add(*(sums for name, sums in slices.items() if "_" not in name))
    named = {" & ".join(f"{f} = {v}" for f, v in zip(("length", "source"), name.split("_")[::-1], strict=False)): sums
             if "_" in name else sums for name, sums in slices.items()}  # fmt: skip
    named = {name if " & " in name else name.replace("length", "source"): sums for name, sums in named.items()}
    return Halves(whole, whole, {name: (sums, sums) for name, sums in named.items()})


def test_the_score_of_sliceline_by_hand() -> None:
    mine, rest = make_sums(100, 3.0), make_sums(900, 1.0)
    whole = mine + rest  # a mean of 1.2: .95 (2.5 - 1) - .05 (10 - 1)
    assert score_slice(mine, whole, 0.95) == pytest.approx(0.95 * 1.5 - 0.05 * 9)
    assert score_slice(Sums(), whole, 0.95) == 0.0


def test_the_power_rule_by_hand() -> None:
    """Equal variances: 16 / .4 ^ 2 documents; a slice four times as wide as the rest needs more, one without spread the least."""
    one = make_sums(1000, 2.0).moments
    assert count_needed(one, one, SETTINGS) in (100, 101)
    wide = make_sums(1000, 2.0, 2.0).moments
    assert count_needed(wide, one, SETTINGS) == pytest.approx(16 * 4 / (0.16 * 2.5), abs=1)
    assert count_needed(make_sums(1000, 2.0, 0.0).moments, one, SETTINGS) == SETTINGS.min_documents


def test_a_slice_with_fewer_documents_than_needed_is_not_tested() -> None:
    mine, rest = make_sums(40, 3.0, 2.0), make_sums(900, 1.0)
    halves = Halves(mine + rest, mine + rest, {"source = a": (mine, mine)})
    (found,) = confirm_slices(find_weak(halves, SETTINGS), halves, SETTINGS)
    assert found.needed > 40
    assert found.p is None
    assert found.q is None


def test_a_pair_inside_a_weak_source_says_nothing_more() -> None:
    halves = make_halves(bad=make_sums(400, 3.0), good=make_sums(1600, 1.0), bad_1=make_sums(200, 3.0), good_1=make_sums(800, 1.0))
    assert [one.name for one in keep_distinct(find_weak(halves, SETTINGS), halves, SETTINGS)] == ["source = bad"]


def test_a_source_whose_weak_pair_is_told_says_nothing_more() -> None:
    mixed = make_sums(200, 4.0) + make_sums(200, 1.0)
    halves = make_halves(bad=mixed, good=make_sums(1600, 1.0), bad_1=make_sums(200, 4.0), bad_2=make_sums(200, 1.0))
    weak = find_weak(halves, SETTINGS)
    assert {one.name for one in weak} == {"source = bad", "length = 1 & source = bad"}
    assert [one.name for one in keep_distinct(weak, halves, SETTINGS)] == ["length = 1 & source = bad"]


def test_what_is_left_of_a_source_stays_where_it_is_weak_too() -> None:
    parts = [make_sums(200, mean) for mean in (5.0, 3.0, 1.0)]
    halves = make_halves(bad=add(*parts), good=make_sums(2400, 1.0), bad_1=parts[0], bad_2=parts[1], bad_3=parts[2])
    kept = [one.name for one in keep_distinct(find_weak(halves, SETTINGS), halves, SETTINGS)]
    assert kept == ["length = 1 & source = bad", "source = bad"], "the second pair is not weaker than the rest of its source"
