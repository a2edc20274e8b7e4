"""Weightings are checked at the door: every problem in one line that lists what there is."""

from __future__ import annotations

from typing import Any

import pytest

from resonance.core.errors import ConfigError
from resonance.core.weighting import AboveMean, ByScore, DoReMi, Stratified, Uniform, Weighting, parse

HEAD = {"name": "mine", "version": 2}


def test_a_weighting_has_a_kind_and_its_parameters() -> None:
    found = parse({**HEAD, "kind": "above_mean", "parameters": {"temperature": 1}}, "mine")
    assert found == Weighting(name="mine", version=2, parameters=AboveMean(temperature=1.0))
    assert (found.title, found.is_fixed, found.tables) == ("mine@2", False, {"slice_state"})
    assert parse({**HEAD, "kind": "uniform"}, "mine").parameters == Uniform()
    assert parse({**HEAD, "kind": "uniform", "parameters": None}, "mine").parameters == Uniform()


KINDS = "uniform, stratified, above_mean, doremi, perplexity_band, naive_high_loss, rho, color, resonance, by_score, by_quality"
ALL = f"choose one of {KINDS}"


def of(kind: Any, **parameters: Any) -> dict[str, Any]:
    return {**HEAD, "kind": kind, "parameters": parameters}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "must hold keys and values: name, version, kind and parameters"),
        ({}, "name is missing; version is missing; kind is missing"),
        (of("magic"), f"unknown kind magic: {ALL}"),
        (of(["uniform"]), f"unknown kind ['uniform']: {ALL}"),
        (of("uniform") | {"rules": []}, "unknown key rules: there are name, version, kind, parameters"),
        (
            of("doremi", eta=1, lr=2),
            "kind doremi has no parameter eta: there are step, smoothing; "
            "kind doremi has no parameter lr: there are step, smoothing",
        ),
        (of("uniform", step=1), "kind uniform has no parameter step: it has none"),
        (of("uniform") | {"parameters": [1]}, "parameters must hold keys and values"),
        (of("doremi", step=-1), "parameters.step: Input should be greater than 0 (got -1)"),
        (of("doremi", step=float("nan")), "parameters.step: Input should be a finite number (got nan)"),
        (of("perplexity_band", low=0.8), "parameters: low must be less than high (got 0.8 and 0.75)"),
        (of("by_score", full_at=0), "parameters: least_at and full_at must differ (both are 0)"),
        (of("by_score", rates={"tail": 2}), "parameters.rates.tail: Input should be less than or equal to 1 (got 2)"),
        (
            of("by_score", signal="score"),
            "parameters.signal: String should match pattern '^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$' (got 'score')",
        ),
        (of("uniform") | {"version": 0}, "version: Input should be greater than or equal to 1 (got 0)"),
        (of("uniform") | {"name": "a b"}, "name: String should match pattern '^[A-Za-z0-9][A-Za-z0-9_.-]*$' (got 'a b')"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(content: Any, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(content, "mine.yaml")
    assert str(caught.value) == f"weighting mine.yaml: {problem}"


def test_a_weighting_says_what_it_reads_and_costs() -> None:
    assert Weighting(name="a", parameters=Stratified()).cost == (
        "reads no losses; costs no model and no forward pass beyond those of every round"
    )
    assert Weighting(name="a", parameters=DoReMi()).cost == (
        "reads slice_excess.excess; costs every round one reference model more for each of cross_fit.folds, "
        "and a forward pass over what the round drew"
    )


def test_a_weighting_by_a_signal_says_which_it_reads() -> None:
    found = Weighting(name="a", parameters=ByScore(signal="perplexity.band", rates={"tail": 0.1}))
    assert (found.is_fixed, found.weighs_samples, found.reads_signals) == (True, True, True)
    assert (found.tables, found.parameters.sets) == ({"signals_perplexity"}, ("perplexity",))
    assert found.cost.startswith("reads signals_perplexity.band; costs no model and no forward pass")
    assert not Weighting(name="a", parameters=DoReMi()).reads_signals


def test_two_weightings_of_one_name_differ_by_their_kinds() -> None:
    """What is stale is told by these."""
    one, other = (Weighting(name="a", parameters=kind).model_dump(mode="json") for kind in (Uniform(), Stratified()))
    assert one != other
