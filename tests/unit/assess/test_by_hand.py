"""Every operator over ten rows, worked out by hand: counts and fractions stand beside what they come from."""

from __future__ import annotations

import math

import pytest
from tests.unit.assess.conftest import COMPUTED, ask_here, make_rows

EVEN = -(0.4 * math.log(0.4) + 0.6 * math.log(0.6))
SOURCES = -(0.5 * math.log(0.5) + 0.3 * math.log(0.3) + 0.2 * math.log(0.2))
EXPECTED = {
    "row_count_attainment": 10 / 20,
    "required_field_completeness": (1 + 1 - 0.09 / 0.19) / 2,  # one of ten codes is null: .1, between .01 and .2
    "complete_record_ratio": 9 / 10,
    "domain_taxonomy_coverage": 2 / 3,  # rail 6, power 3, road 0; three are enough
    "task_taxonomy_coverage": 1 / 2,  # qa 4, sum 6; five are enough
    "task_input_sufficiency": 1 / 2,  # qa 4, sum 5, as one of six lacks its answer
    "schema_conformance": 12 / 16,  # ghost is absent (presence, type), code has a null, made has a text that is no date
    "value_domain_validity": (8 + 8) / (10 + 9),  # sizes 0 and 9, one code z
    "controlled_vocabulary_rate": 8 / 9,
    "sensitive_column_protection": 8 / 10,
    "lawful_basis_coverage": 8 / 10,
    "source_ledger_resolution": 7 / 10,
    "first_party_share": 5 / 10,
    "business_rule_consistency": 8 / 10,
    "content_freshness": 0.5,  # each of nine is a half-life old
    "fresh_share": 1.0,
    "capture_lag_score": 1 - (5 - 2) / 4,  # the slowest of nine took 5 days; 2 are promised, 6 are the end
    "pipeline_latency_score": 1.0,
    "exact_unique_ratio": 9 / 10,
    "attribute_coverage": 1 / 2,  # constant does not vary
    "source_effective_number": math.exp(SOURCES) / 4,
    "source_channel_coverage": 2 / 3,
    "source_evenness": SOURCES / math.log(3),
    "source_concentration_score": 1 - (0.38 - 1 / 3) / (2 / 3),
    "mix_adherence": 0.95,
    "task_effective_number": math.exp(EVEN) / 2,
    "domain_effective_number": math.exp(-(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))) / 3,
    "domain_mix_similarity": 1 - (2 / 3 * math.log2(4 / 3) + 1 / 3 * math.log2(2 / 3) + 1 / 3) / 2,
    "language_effective_number": 1.0,
    "class_evenness": -(0.8 * math.log(0.8) + 0.2 * math.log(0.2)) / math.log(3),
    "imbalance_ratio_score": 0.0,  # maybe never occurs
    "tail_class_sufficiency": 2 / 3,
    "annotator_group_balance": 1.0,
    "in_domain_ratio": 9 / 10,
    "task_template_validity": 8 / 10,  # one answer is missing, one is as the rejected one
    "provenance_field_completeness": 1 / 6,
    "licence_clarity": 0.4 + 0.3,
    "dictionary_coverage": 1 / 7,
    "support_channel_checklist": 0.4 + 0.2,
}
ROUGH = {"capture_lag_score": 0.013, "pipeline_latency_score": 0.005, "exact_unique_ratio": 0.001}
"""What sketches may be off by: half a percent of a lag of 5 days, 2 to 6; the estimate of ten distinct ones."""


@pytest.mark.parametrize("operator", COMPUTED, ids=lambda operator: operator.id)
def test_by_hand(operator, contract):
    found = ask_here(operator, contract, make_rows())
    assert found.state == "scored", found.reason
    assert found.score == pytest.approx(EXPECTED[operator.id], abs=ROUGH.get(operator.id, 1e-9))
    assert found.score_lcb <= found.score


def test_each_computed_operator_is_worked_out():
    assert set(EXPECTED) == {operator.id for operator in COMPUTED}


def test_evidence_names_the_rows(contract):
    found = {op.id: ask_here(op, contract, make_rows()).evidence for op in COMPUTED}
    assert found["complete_record_ratio"] == ("r6",)
    assert found["in_domain_ratio"] == ("r9",)
    assert found["business_rule_consistency"] == ("r0", "r1")
    assert found["task_template_validity"] == ("r3", "r4")


def test_what_was_not_looked_at_is_said(contract):
    (freshness,) = (op for op in COMPUTED if op.id == "content_freshness")
    rows = make_rows()
    assert ask_here(freshness, contract, rows).coverage == 0.9
    for row in rows[:6]:
        row["made"] = "some day"
    found = ask_here(freshness, contract, rows)
    assert (found.state, found.score, found.reason) == ("not_measurable", None, "only 30.0% of rows have a value")
    for row in rows:
        row["made"] = "never"
    assert ask_here(freshness, contract, rows).reason == "no value to look at"
