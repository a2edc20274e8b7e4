"""Looks at a verification: the statistic by hand and by scipy, and p-values that do not promise too much."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from resonance.control.search.looks import LOOKS, adjust_p, look_at, measure_t
from resonance.core.student import exceed_t

DELTAS = [0.03, 0.01, 0.02, 0.05, 0.04, 0.02, 0.03, 0.04, 0.01, 0.05, 0.02, 0.04]


def test_without_documents_it_is_the_t_test_of_one_sample() -> None:
    peer = stats.ttest_1samp(DELTAS[:5], 0.0, alternative="greater")
    shown = look_at(DELTAS[:5], [0.0])
    assert (shown.t, shown.p) == pytest.approx((peer.statistic, peer.pvalue), rel=1e-12)
    assert shown.p_tilde == pytest.approx(min(1.0, peer.pvalue / 0.2))


def test_variances_of_seeds_and_documents_add() -> None:
    shown = look_at([0.02, 0.04, 0.03, 0.02, 0.04], [0.0009])
    assert shown.delta == pytest.approx(0.03)
    assert shown.t == pytest.approx(0.03 / math.sqrt(0.0001 / 5 + 0.0009))


def test_the_least_look_counts_by_its_share() -> None:
    shown = look_at(DELTAS, [0.0001, 0.0001, 0.0001])
    each = [float(stats.t.sf(np.mean(DELTAS[:n]) / math.sqrt(np.var(DELTAS[:n], ddof=1) / n + 0.0001), n - 1)) for n in (5, 8, 12)]
    assert shown.look == 3
    assert shown.p == pytest.approx(each[2])
    assert shown.p_tilde == pytest.approx(min(each[0] / 0.2, each[1] / 0.3, each[2] / 0.5))


def test_a_p_value_at_the_level_is_an_interval_that_ends_at_zero() -> None:
    """Both ways to say it agree: p over the share of a look, and the one-sided interval at this part of the level."""
    shown = look_at(DELTAS[:5], [0.0001])
    assert shown.bound(shown.p) == pytest.approx(0.0, abs=1e-12)
    assert shown.bound(shown.p / 2) < 0 < shown.bound(shown.p * 2)


def test_a_policy_against_itself_shows_nothing() -> None:
    shown = look_at([0.0] * 5, [0.0])
    assert (shown.delta, shown.t, shown.p) == (0.0, 0.0, 0.5)


def test_p_values_stay_chances() -> None:
    assert adjust_p([0.9, 0.8, 0.7]) == 1.0
    assert float(exceed_t(measure_t([-1.0, -1.0], 0.0), 1)) == 1.0


@pytest.mark.parametrize(("deltas", "variances"), [([0.1] * 6, [0.0]), ([0.1] * 5, []), ([0.1] * 5, [0.0, 0.0])])
def test_other_numbers_of_seeds_are_no_look(deltas: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match="no look"):
        look_at(deltas, variances)


@pytest.mark.parametrize("documents", [0.0, 1.0, 3.0], ids=lambda value: f"documents-{value:g}")
def test_p_values_are_super_uniform_where_nothing_helps(documents: float) -> None:
    """Differences of normal seeds, and one effect of documents that all looks share, as large as seeds make it, or larger."""
    chance = np.random.default_rng(7)
    many, last = 40_000, LOOKS[-1].seeds
    seeds = chance.standard_normal((many, last))
    shared = documents * chance.standard_normal((many, 1)) / math.sqrt(last)
    chances = [exceed_t(measure_t(seeds[:, : look.seeds] + shared, documents**2 / last), look.seeds - 1) for look in LOOKS]
    adjusted = adjust_p(np.stack(chances, axis=-1))
    for level in (0.01, 0.05):
        assert (adjusted <= level).mean() <= level
    if documents <= 1:  # beyond, quantiles of t for seeds are so wide for what is chance of documents that even this holds
        anyone = (np.stack(chances, axis=-1) <= 0.05).any(axis=-1).mean()
        assert anyone > 0.05, "looking three times without correction promises too much"
