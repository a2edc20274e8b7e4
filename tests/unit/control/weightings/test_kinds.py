"""What each kind of weighting asks for, by hand, and laws that hold for all of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.control.weightings import KINDS, SAMPLE_KINDS, ask_shares
from resonance.control.weightings.above_mean import find_utility
from resonance.control.weightings.known import Known
from resonance.core import weighting
from resonance.core.weighting import (
    AboveMean,
    ByQuality,
    ByScore,
    Color,
    DoReMi,
    NaiveHighLoss,
    Parameters,
    PerplexityBand,
    Resonance,
    Rho,
    Stratified,
    Uniform,
)

EVEN = dict.fromkeys("abcd", 0.25)
HELD = {"a": 0.5, "b": 0.25, "c": 0.125, "d": 0.125}
LOSS = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
KNOWN = Known(prior=EVEN, previous=EVEN, limit=dict.fromkeys("abcd", 9.0), held=HELD, loss=LOSS, floor=0.1)


def shares(parameters: Parameters, known: Known = KNOWN) -> dict[str, float]:
    return {name: claim.share for name, claim in ask_shares(known, parameters).items()}


def test_every_kind_that_may_be_named_is_listed_with_its_function() -> None:
    assert [kind for kind, _ in KINDS] == list(weighting.KINDS)


def test_uniform_asks_for_the_text_at_hand() -> None:
    assert shares(Uniform()) == HELD
    gone = ask_shares(replace(KNOWN, limit={**KNOWN.limit, "gone": 0.0}), Uniform())["gone"]
    assert (gone.share, gone.reason) == (0.0, "the share of all text at hand")


def test_stratified_asks_for_the_same_everywhere() -> None:
    assert shares(Stratified()) == EVEN
    assert ask_shares(KNOWN, Stratified())["a"].reason == "an equal share of 4 slices"


def test_utility_counts_medians_above_the_mean_and_cuts_outliers() -> None:
    assert find_utility({"a": 1.0, "b": 2.0, "c": 3.0}) == {"a": 0.0, "b": 0.0, "c": 1.0}
    ordinary = {f"s{index:02}": 121.0 for index in range(19)}
    far = find_utility(ordinary | {"wild": 221.0, "easy": 0.0})
    # Mean 120: distances above it are 19 times 1, and 101; their 95th percentile is 1 + 0.05 * 100.
    assert far == pytest.approx(dict.fromkeys(ordinary, 1.0) | {"wild": 6.0, "easy": 0.0})


def test_doremi_multiplies_weights_by_the_exponential_of_the_clipped_excess() -> None:
    previous = {"a": 0.4, "b": 0.2, "c": 0.2, "d": 0.2}
    known = replace(KNOWN, previous=previous, excess={"a": math.log(2), "b": math.log(3), "c": -5.0})
    # 0.4 * 2, 0.2 * 3 and 0.2 * 1 split the 0.8 that d leaves; a negative excess counts as none.
    assert shares(DoReMi(smoothing=0.0), known) == pytest.approx({"a": 0.4, "b": 0.3, "c": 0.1, "d": 0.2})
    assert shares(DoReMi(step=2.0, smoothing=0.0), known) == pytest.approx(
        {"a": 0.8 * 1.6 / 3.6, "b": 0.8 * 1.8 / 3.6, "c": 0.8 * 0.2 / 3.6, "d": 0.2}
    )
    smoothed = shares(DoReMi(smoothing=0.3), known)
    assert smoothed["c"] == pytest.approx(0.7 * 0.1 + 0.3 * 0.8 / 3)
    claims = ask_shares(known, DoReMi())
    assert claims["a"].reason == "0.69 bits per byte above reference models"
    assert claims["d"].reason == ""


def test_doremi_follows_any_excess_without_an_overflow() -> None:
    found = shares(DoReMi(smoothing=0.0), replace(KNOWN, excess={"a": 1e6, "b": 0.0, "c": 0.0, "d": 0.0}))
    assert found == pytest.approx({"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0})


def test_the_band_asks_for_the_middle_of_slices() -> None:
    # Ranks 0, 1/3, 2/3, 1: pulls of 0.25, 1, 1 and 0.25.
    assert shares(PerplexityBand()) == pytest.approx({"a": 0.1, "b": 0.4, "c": 0.4, "d": 0.1})
    assert shares(PerplexityBand(low=0.5, high=1.0, outside=0.0)) == pytest.approx({"a": 0.0, "b": 0.0, "c": 0.5, "d": 0.5})
    assert ask_shares(KNOWN, PerplexityBand())["d"].reason == (
        "4.00 bits per byte, rank 1.00, outside of the band from 0.25 to 0.75"
    )


def test_equal_losses_are_all_in_the_middle_of_the_band() -> None:
    assert shares(PerplexityBand(), replace(KNOWN, loss=dict.fromkeys("abcd", 2.0))) == pytest.approx(EVEN)
    assert shares(PerplexityBand(outside=0.0), replace(KNOWN, loss={"a": 2.0})) == pytest.approx(EVEN)


@pytest.mark.parametrize("parameters", [NaiveHighLoss(), Rho(), Color()])
def test_what_chooses_samples_alone_leaves_slices_as_they_are(parameters: Parameters) -> None:
    assert shares(parameters) == HELD


def test_a_score_says_nothing_of_slices() -> None:
    assert shares(ByScore()) == EVEN


def test_quality_asks_for_the_prior_times_a_power_of_the_score() -> None:
    previous, prior = {"a": 0.4, "b": 0.2, "c": 0.2, "d": 0.2}, {"a": 0.4, "b": 0.2, "c": 0.3, "d": 0.1}
    known = replace(KNOWN, prior=prior, previous=previous, quality={"a": 0.5, "b": 1.0, "c": 0.0})
    # .4 * .25, .2 * 1 and nothing split the .8 that d, of which nothing was measured, leaves.
    assert shares(ByQuality(power=2.0, smoothing=0.0), known) == pytest.approx({"a": 0.8 / 3, "b": 1.6 / 3, "c": 0.0, "d": 0.2})
    assert shares(ByQuality(smoothing=0.3), known)["c"] == pytest.approx(0.3 * 0.8 / 3)
    assert [claim.reason for claim in ask_shares(known, ByQuality()).values()] == [
        *("quality 0.500, mean 0.500", "quality 1.000, mean 0.500", "quality 0.000, mean 0.500", ""),
    ]
    none = shares(ByQuality(smoothing=0.0), replace(known, quality=dict.fromkeys("abcd", 0.0)))
    assert none == pytest.approx(prior), "scores that tell nothing apart leave the priors"


def test_ours_asks_for_equal_shares_unless_it_takes_steps() -> None:
    assert shares(Resonance(), replace(KNOWN, progress={"a": 1.0})) == EVEN


def test_ours_steps_by_what_the_last_round_taught() -> None:
    previous = {"a": 0.4, "b": 0.2, "c": 0.2, "d": 0.2}
    known = replace(KNOWN, previous=previous, progress={"a": 0.0, "b": math.log(3), "c": math.log(2)})
    # 0.4 * 1, 0.2 * 3 and 0.2 * 2 split the 0.8 that d, of which too few texts tell, leaves.
    asked = {"a": 0.8 * 0.4 / 1.4, "b": 0.8 * 0.6 / 1.4, "c": 0.8 * 0.4 / 1.4, "d": 0.2}
    assert shares(Resonance(step=1.0, smoothing=0.0), known) == pytest.approx(asked)
    even = 0.8 / 3
    assert shares(Resonance(step=1.0, smoothing=0.5), known)["b"] == pytest.approx(0.5 * asked["b"] + 0.5 * even)
    claims = ask_shares(known, Resonance(step=1.0))
    assert claims["b"].reason == "the round made new texts of it 1.10 bits per byte easier for certain"
    assert claims["a"].reason == "no progress on new texts of it that is certain"
    assert claims["d"].reason == ""


def test_ours_reads_slices_only_where_it_takes_steps() -> None:
    assert (Resonance().reads, Resonance(step=1.0).reads) == ((), Resonance.READS)


def test_every_kind_that_reads_samples_weighs_them() -> None:
    assert set(SAMPLE_KINDS) == {kind for kind in weighting.KINDS if kind.READS_SAMPLES}


@pytest.mark.parametrize("parameters", [AboveMean(), PerplexityBand()])
def test_a_slice_without_a_loss_keeps_its_weight_and_no_reason(parameters: Parameters) -> None:
    claims = ask_shares(replace(KNOWN, loss={"a": 1.0, "b": 2.0}), parameters)
    assert (claims["c"].share, claims["c"].reason) == (0.25, "")
    assert claims["a"].share + claims["b"].share == pytest.approx(0.5)
    assert claims["a"].reason


def excess_to_quality(excess: dict[str, float]) -> dict[str, float]:
    """Scores between 0 and 1, of which some are none."""
    return {name: max(value, 0.0) / 4 for name, value in excess.items()}


@given(st.lists(st.tuples(st.floats(0.2, 8.0), st.floats(-2.0, 4.0)), min_size=1, max_size=12))
def test_what_is_asked_sums_to_one(values: list[tuple[float, float]]) -> None:
    names = [f"s{index}" for index in range(len(values))]
    even = dict.fromkeys(names, 1 / len(names))
    loss = {name: value[0] for name, value in zip(names, values, strict=True)}
    excess = {name: value[1] for name, value in zip(names, values, strict=True)}
    known = Known(
        prior=even, previous=even, limit=even, held=even, loss=loss, excess=excess, quality=excess_to_quality(excess), floor=0.1
    )
    for kind, ask in KINDS:
        assert math.fsum(claim.share for claim in ask(known, kind()).values()) == pytest.approx(1), kind
