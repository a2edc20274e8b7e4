"""Problems of rules on a few rows each, next to what is none."""

from __future__ import annotations

from typing import Any

import pytest

from resonance.control.problems import Problem, collect_problems
from resonance.core.turns import ALL_SLICES


def make_effect(rule: str, slice: str = ALL_SLICES, **given: Any) -> dict[str, Any]:
    row = {"round": 9, "policy": "p@2", "asked": 1_000, "fires": 50, "sole": 10, "share": 0.05, "near": 0.01}
    return {**row, "rule": rule, "slice": slice, **dict.fromkeys(("gain", "low", "high")), **given}


def find(effects: list[dict[str, Any]], **given: list[dict[str, Any]]) -> list[Problem]:
    return collect_problems(effects, **{"verdicts": [], "versions": [], "approvals": [], "compared": [], **given})


WEAK = [{"slice": "length = 4 & slice = news"}, {"slice": "source = web"}]


@pytest.mark.parametrize(("share", "asked", "slice", "found"), [
    (0.12, 100, "news", True), (0.1, 100, "news", False), (0.5, 19, "news", False), (0.5, 100, "web", False),
])  # fmt: skip
def test_a_rule_that_cuts_more_than_a_tenth_of_a_weak_slice(share: float, asked: int, slice: str, found: bool) -> None:
    problems = find([make_effect("short", slice, share=share, asked=asked)], verdicts=WEAK)
    assert [(one.kind, one.rule, one.slice) for one in problems] == ([("cuts_weak_slice", "short", "news")] if found else [])


@pytest.mark.parametrize(("low", "high", "found"), [(-0.3, -0.1, True), (-0.3, 0.1, False), (0.1, 0.3, False), (None, None, False)])
def test_a_rule_whose_sole_cuts_are_easier_for_certain(low: float | None, high: float | None, found: bool) -> None:
    problems = find([make_effect("short", gain=None if low is None else (low + high) / 2, low=low, high=high)])  # type: ignore[operator]
    assert [one.kind for one in problems] == (["cuts_easy_texts"] if found else [])


@pytest.mark.parametrize(("before", "share", "found"), [
    ([0.05, 0.06, 0.05, 0.04, 0.05], 0.3, True),
    ([0.05, 0.06, 0.05, 0.04, 0.05], 0.07, False),
    ([0.05, 0.06, 0.05, 0.04], 0.3, False),  # four rounds say not what is usual
    ([0.05] * 5, 0.055, False),  # chance alone moves 50 of 1,000 by more
    ([0.05] * 5, 0.09, True),
    ([0.0] * 5, 0.001, True),
])  # fmt: skip
def test_a_share_unlike_that_of_five_rounds_before(before: list[float], share: float, found: bool) -> None:
    rows = [make_effect("short", round=number, share=one) for number, one in enumerate(before, 1)]
    problems = find([*rows, make_effect("short", share=share)])
    assert [one.kind for one in problems] == (["unsteady"] if found else [])


def test_values_near_a_threshold_and_rules_that_never_fire() -> None:
    found = find(
        [make_effect("a", near=0.03), make_effect("b", near=0.2), make_effect("c", near=0.02), make_effect("d", near=None)]
    )
    assert [(one.kind, one.rule) for one in found] == [("near", "b"), ("near", "a")], "the larger one first"
    assert find([make_effect("a", near=0.5, fires=0)]) == []


def test_what_people_refused_is_told_with_their_words_while_the_policy_judges() -> None:
    versions = [
        {"policy": "p", "version": 3, "state": "rejected", "approval": "p@3, decision 1"},
        {"policy": "p", "version": 2, "state": "adopted", "approval": None},
        {"policy": "q", "version": 1, "state": "rolled_back", "approval": "q@1, decision 1"},
    ]
    said = [{"assessment": "p@3, decision 1", "reason": "cuts poems"}]
    assert find([make_effect("a")], versions=versions, approvals=said) == [Problem("refused", "p@3", "", "", {}, "cuts poems")]


def test_only_the_newest_round_has_problems_and_the_gravest_kinds_come_first() -> None:
    rows = [make_effect("old", round=8, near=0.5), make_effect("a", near=0.5), make_effect("b", "news", share=0.2)]
    assert [one.kind for one in find(rows, verdicts=WEAK)] == ["cuts_weak_slice", "near"]
    assert find([]) == []


def test_a_version_that_judges_and_got_worse_is_told_until_it_is_taken_back() -> None:
    row = {"policy": "p", "after": 2, "delta": -0.02, "decision": "worse", "reason": "p@2 saves -0.0200 bits per byte"}
    others = [row | {"decision": "unclear"}, row | {"after": 3}]
    found = find([make_effect("a")], compared=[row, *others])
    assert found == [Problem("worse", "p@2", "", "", {"gain": -0.02}, row["reason"])]
