"""What would raise the total is what raises it; what was not measured adds the coverage that is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.assess.quality import GENERAL, make_quality, make_results

from resonance.assess.operators import BY_ID
from resonance.assess.score import grade
from resonance.core.adaq import HUMAN, LEAKS


@given(st.integers(0, 999))
def test_a_gain_is_what_the_total_rises_by(seed: int) -> None:
    """Of metrics that are means; graded again with all operators of the finding at 1."""
    results = make_results(seed)
    quality = make_quality(results)
    for found in quality.findings:
        if any(BY_ID[id].metric in (*LEAKS, *HUMAN) for id in found.operators):
            continue
        mended = [replace(r, score=1.0, score_lcb=1.0) if r.operator in found.operators else r for r in results]
        assert (grade(mended, GENERAL).total.value or 0) - (quality.total.value or 0) == pytest.approx(found.gain, abs=1e-12)
    gains = [found.gain for found in quality.findings]
    assert gains == sorted(gains, reverse=True)


@given(st.integers(0, 999))
def test_what_is_supplied_adds_its_coverage(seed: int) -> None:
    results = make_results(seed)
    quality = make_quality(results)
    assert {one.operator for one in quality.missing} == {r.operator for r in results if r.state == "not_measurable"}
    for one in quality.missing:
        supplied = [replace(r, state="scored", score=0.5, score_lcb=0.5) if r.operator == one.operator else r for r in results]
        assert grade(supplied, GENERAL).total.coverage - quality.total.coverage == pytest.approx(one.weight, abs=1e-12)
    assert sum(one.weight for one in quality.missing) == pytest.approx(1 - quality.total.coverage)


def test_operators_that_look_at_the_same_thing_are_one_finding() -> None:
    results = make_results(1)
    falling = [replace(r, state="scored", score=0.5, score_lcb=0.5) for r in results]
    findings = make_quality(falling).findings
    listed = [id for one in findings for id in one.operators]
    assert len(listed) == len(set(listed)), "each operator stands in one finding"
    together = {one.operator: set(one.operators) for one in findings}
    classes = {"class_evenness", "imbalance_ratio_score", "tail_class_sufficiency"}
    for same in (classes, {"lawful_basis_coverage", "source_ledger_resolution", "first_party_share"}):
        known = same & {r.operator for r in falling}
        assert [held & same for held in together.values() if held & same] == [known]
    assert all(
        len(held) == 1 for held in together.values() if held & {"text_form_pass_rate", "pii_free_ratio", "secret_free_ratio"}
    )


def test_each_leak_has_the_weight_of_its_whole_metric() -> None:
    results = [r for r in make_results(1) if BY_ID[r.operator].metric not in LEAKS]
    leaks = [
        replace(results[0], operator=id, state="scored", score=0.5, score_lcb=0.5)
        for id in ("pii_free_ratio", "sensitive_column_protection")
    ]
    gains = {one.operator: one.gain for one in make_quality([*results, *leaks]).findings}
    assert gains["pii_free_ratio"] == gains["sensitive_column_protection"] > 0


def test_a_first_gate_that_is_not_passed_says_why_and_others_are_not_run() -> None:
    quality = make_quality(make_results(2))
    assert [(gate.name, gate.state) for gate in quality.gates] == [
        ("rules", "failed"),
        ("people", "not_run"),
        ("effect", "not_run"),
    ]
    assert quality.gates[0].reasons


def test_strata_come_lowest_first_with_their_rows() -> None:
    quality = make_quality(make_results(3), strata={"good": 0.9, "bad": 0.2, "fair": 0.5})
    assert [(one.values, one.rows) for one in quality.strata] == [({"site": name}, 10) for name in ("bad", "fair", "good")]
    assert quality.strata[0].total.value == pytest.approx(0.2)
    assert quality.strata[0].groups[1].value == pytest.approx(0.2)
    assert quality.strata[0].groups[12].value is None
