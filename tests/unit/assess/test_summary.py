"""What would raise the total is what raises it; what was not measured adds the coverage that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.assess.quality import GENERAL, NOW, make_quality, make_results

from resonance.assess.assess import Assessment
from resonance.assess.operators import BY_ID
from resonance.assess.score import grade
from resonance.assess.summary import summarise
from resonance.core.adaq import HUMAN, LEAKS
from resonance.core.dataset import DatasetContract, Promise
from resonance.core.operator import Result


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


def test_what_empty_texts_cost_is_told_with_the_required_columns() -> None:
    """Three rows of ten have no text: they cost each operator of texts .3 of its score, and completeness with them."""
    scores = {"complete_record_ratio": (0.7, 0.0), "text_form_pass_rate": (0.7, 0.3), "repetition_pass_rate": (0.35, 0.3)}
    results = [
        replace(r, state="scored", score=score, score_lcb=score, empty=empty)
        for r in make_results(1)
        for score, empty in (scores.get(r.operator, (1.0, 0.0)),)
    ]
    text = Promise("text", "string", required=True)
    contract = DatasetContract("shop", "1.0.0", "general", frozenset({"text"}), (text,), {"text": "text"})
    quality = summarise(Assessment(tuple(results), grade(results, GENERAL), "", 10, NOW), contract, GENERAL)
    found = {one.operator: one for one in quality.findings}
    assert found.keys() == {"complete_record_ratio", "repetition_pass_rate"}, "all that form lacks is empty texts"
    first, second = found["complete_record_ratio"], found["repetition_pass_rate"]
    assert set(first.filled) == {"text_form_pass_rate", "repetition_pass_rate"}
    filled = {"complete_record_ratio": 1.0, "text_form_pass_rate": 1.0, "repetition_pass_rate": 0.5}
    mended = [replace(r, score=filled.get(r.operator, 1.0), score_lcb=1.0) for r in results]
    whole = grade(mended, GENERAL).total.value or 0
    assert whole - (quality.total.value or 0) == pytest.approx(first.gain)
    assert second.gain == pytest.approx((grade_all(results) or 0) - whole)
    optional = replace(contract, columns=(replace(text, required=False),))
    apart = summarise(Assessment(tuple(results), grade(results, GENERAL), "", 10, NOW), optional, GENERAL).findings
    assert {one.operator: one.filled for one in apart} == dict.fromkeys(scores, ()), "nobody promised a text"


def grade_all(results: Sequence[Result]) -> float | None:
    """The total where every score is 1."""
    return grade([replace(r, score=1.0, score_lcb=1.0) for r in results], GENERAL).total.value


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
