"""Scores, intervals, coverage, grades and vetoes, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.assess.operators import BY_ID, OPERATORS
from resonance.assess.score import Score, choose_letter, grade, score_metric, weigh_scores
from resonance.core.adaq import METRICS
from resonance.core.operator import Result
from resonance.core.profile import Profile
from resonance.runtime.profiles import load_profile

GENERAL = load_profile("general", frozenset(BY_ID))


def scored(operator: str, score: float, lcb: float | None = None) -> Result:
    return Result(operator, "scored", score, lcb)


def missing(operator: str, state: Any = "not_measurable") -> Result:
    return Result(operator, state, reason="no column")


def answer_all(score: float, states: Mapping[str, Any] | None = None) -> list[Result]:
    """Every core operator answers, all with one score but for those in ``states``."""
    others = states or {}
    return [missing(op.id, others[op.id]) if op.id in others else scored(op.id, score) for op in OPERATORS if op.core]


def test_a_metric_is_the_mean_of_what_was_scored_and_covers_its_share() -> None:
    results = [
        scored("row_count_attainment", 1.0),
        scored("token_budget_attainment", 0.5, 0.4),
        missing("stratum_floor_attainment"),
    ]
    found = score_metric(1, results)
    assert (found.state, found.value, found.coverage) == ("scored", 0.75, pytest.approx(2 / 3))
    assert (found.lcb, found.low, found.high) == (0.7, 0.5, pytest.approx(2.5 / 3))


def test_what_is_not_applicable_counts_nowhere_and_an_error_as_not_measured() -> None:
    results = [scored("row_count_attainment", 0.8), missing("token_budget_attainment", "not_applicable")]
    assert score_metric(1, results) == Score("scored", 0.8, 0.8, 0.8, 0.8, 1.0)
    results.append(missing("stratum_floor_attainment", "error"))
    assert score_metric(1, results).coverage == 0.5
    assert score_metric(1, results[1:2]) == Score("not_applicable")
    assert score_metric(1, results[2:]) == Score("not_measurable")


def test_privacy_and_safety_are_the_least_of_their_scores() -> None:
    results = [scored("pii_free_ratio", 0.3), scored("lawful_basis_coverage", 1.0)]
    assert score_metric(6, results).value == 0.3
    assert score_metric(6, [*results, missing("sensitive_column_protection")]).low == 0.0
    assert score_metric(6, [*results, missing("sensitive_column_protection")]).high == 0.3


def test_without_people_a_metric_that_needs_them_is_provisional() -> None:
    machine = [scored("business_rule_consistency", 1.0), scored("reference_match_rate", 0.9)]
    found = score_metric(8, [*machine, missing("factual_human_accuracy")])
    assert (found.value, found.provisional, found.coverage) == (0.79, True, 1.0)
    found = score_metric(8, [*machine, scored("factual_human_accuracy", 0.5)], gate=2)
    assert (found.value, found.provisional, found.coverage) == (pytest.approx((0.95 + 0.5) / 2), False, 1.0)
    found = score_metric(8, [*machine, missing("factual_human_accuracy")], gate=2)
    assert (found.value, found.provisional, found.coverage) == (0.79, True, 0.5), "people count twice"


def test_a_group_weighs_its_metrics_and_leaves_out_what_weighs_nothing() -> None:
    one, other = Score("scored", 1.0, 0.8, 1.0, 1.0, 1.0), Score("scored", 0.5, 0.5, 0.25, 0.75, 0.5)
    found = weigh_scores([(75, one), (25, other), (0, Score("scored", 0.0, 0.0)), (50, Score("not_applicable"))])
    assert found == Score("scored", 0.875, 0.725, 0.8125, 0.9375, 0.875)
    found = weigh_scores([(75, one), (25, Score("not_measurable"))])
    assert found == Score("scored", 1.0, 0.8, 0.75, 1.0, 0.75)
    assert weigh_scores([(0, one)]) == Score("not_applicable")
    assert weigh_scores([(5, Score("not_measurable"))]) == Score("not_measurable")


def test_a_dataset_without_a_fault_has_an_a_only_when_people_judged() -> None:
    found = grade(answer_all(1.0), GENERAL)
    # metrics 8 and 9 are 0.79, which is group 3 of weight 14; metric 23 is 0.79, 15 of 100 in group 7 of weight 10
    expected = (100 - 14 * 0.21 - 10 * 0.15 * 0.21) / 100
    assert found.total.value == pytest.approx(expected) == pytest.approx(0.96745)
    assert (found.letter, found.total.coverage, found.vetoes, found.release) == ("A", pytest.approx(1.0), (), True)
    assert found.automation == 33 / 36
    assert found.total.provisional
    assert grade(answer_all(1.0), GENERAL, gate=2).total.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("lcb", "coverage", "letter"),
    [
        (0.95, 0.96, "A"), (0.95, 0.94, "B"), (0.90, 0.95, "A"), (0.89, 1.0, "B"), (0.80, 0.84, "C"), (0.70, 0.74, "D"),
        (0.59, 1.0, "E"), (0.99, 0.59, "U"), (0.60, 0.60, "D"), (None, 1.0, "U"),
    ],
)  # fmt: skip
def test_a_letter_asks_for_score_and_coverage(lcb: float | None, coverage: float, letter: str) -> None:
    assert choose_letter(Score("scored", lcb, lcb, coverage=coverage)) == letter


def test_a_broken_floor_limits_the_grade_and_a_leak_ends_it() -> None:
    results = [scored("schema_conformance", 0.99) if r.operator == "schema_conformance" else r for r in answer_all(1.0)]
    found = grade(results, GENERAL)
    assert (found.letter, found.release, found.vetoes) == ("D", False, ("schema_conformance is 0.99, below its floor 1",))
    leaking = [scored("pii_free_ratio", 0.5) if r.operator == "pii_free_ratio" else r for r in answer_all(1.0)]
    found = grade(leaking, GENERAL)
    assert (found.letter, found.release) == ("E", False)
    assert found.vetoes == ("pii_free_ratio is 0.5, below its floor 0.9", "metric 6 stands below 0.6")
    lenient = Profile("p", 1, GENERAL.groups, GENERAL.metrics, floors={"schema_conformance": 0.98})
    assert grade(results, lenient).letter == "A"


def test_what_is_not_measured_costs_coverage_and_widens_the_interval() -> None:
    lost = {op.id: "not_measurable" for op in OPERATORS if op.metric in (16, 17)}
    whole, part = grade(answer_all(1.0), GENERAL), grade(answer_all(1.0, lost), GENERAL)
    assert part.groups[6].state == "not_measurable"
    assert part.total.coverage == pytest.approx(0.9)
    assert part.letter == "B", "coverage caps the grade"
    assert part.total.high - part.total.low == pytest.approx(0.1)
    assert whole.total.low == whole.total.value == whole.total.high
    assert part.automation == 31 / 36


def test_results_of_strata_do_not_count_and_nothing_has_no_grade() -> None:
    one = Result("row_count_attainment", "scored", 0.0, stratum={"source": "a"})
    assert grade([*answer_all(1.0), one], GENERAL) == grade(answer_all(1.0), GENERAL)
    empty = grade([], GENERAL)
    assert (empty.letter, empty.automation, empty.total.state) == ("U", None, "not_applicable")


@given(st.lists(st.tuples(st.sampled_from([op.id for op in OPERATORS]), st.none() | st.floats(0, 1)), unique_by=lambda p: p[0]))
def test_scores_lie_in_their_interval_and_a_better_answer_never_lowers_one(answers: list[tuple[str, float | None]]) -> None:
    results = [missing(name) if score is None else scored(name, score) for name, score in answers]
    found = grade(results, GENERAL, gate=2)
    scores = [found.total, *found.groups.values(), *found.metrics.values()]
    for score in scores:
        assert -1e-12 <= score.low <= score.high <= 1 + 1e-12
        assert 0 <= score.coverage <= 1 + 1e-12
    better = [scored(r.operator, min(1.0, r.score + 0.1)) if r.score is not None else r for r in results]
    risen = grade(better, GENERAL, gate=2)
    assert (risen.total.value or 0) >= (found.total.value or 0) - 1e-12
    assert all((risen.metrics[m.number].value or 0) >= (found.metrics[m.number].value or 0) - 1e-12 for m in METRICS)
