"""Datasets from contract to grade, on the engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.assess.conftest import COMPUTED, NOW, NUMBERS, OWN, RECORDS, TYPES, make_rows
from tests.unit.assess.test_by_hand import EXPECTED

from resonance.assess import assess as module
from resonance.assess.assess import assess, list_states
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.assess.show import describe_assessment, passes_rules
from resonance.runtime.profiles import load_profile
from resonance.testing import ScanCounter

GENERAL = load_profile("general", frozenset(BY_ID))


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    schema = ", ".join(f"{name} {'double' if name in NUMBERS else 'string'}" for name in TYPES)
    return spark.createDataFrame([tuple(row.values()) for row in make_rows()], schema)


def test_the_engine_says_what_was_worked_out_by_hand(rows, contract):
    enabled = replace(GENERAL, enable=tuple(operator.id for operator in COMPUTED))
    found = assess(rows, contract, enabled, NOW, RECORDS)
    assert found.rows == 10
    scores = {result.operator: result.score for result in found.results if result.state == "scored" and result.operator not in OWN}
    assert scores.pop("duplicate_label_conflict_free") == 1.0
    assert set(scores) == {operator.id for operator in COMPUTED}
    for id, score in scores.items():
        assert score == pytest.approx(EXPECTED[id], abs=0.013 if id.endswith("_score") or id == "exact_unique_ratio" else 1e-9)
    assert assess(rows.repartition(3, "id"), contract, enabled, NOW, RECORDS) == found, "partitions do not matter"
    assert found.grade.letter in ("U", "E", "D")
    assert "schema_conformance is 0.75, below its floor 1" in found.grade.vetoes
    assert 0 < found.grade.total.coverage < 1


def test_each_core_operator_answers(rows, contract):
    found = assess(rows, contract, GENERAL, NOW)
    assert {result.operator for result in found.results} >= {operator.id for operator in OPERATORS if operator.core}
    reasons = {result.operator: result.reason for result in found.results}
    assert reasons["novel_ngram_ratio"].startswith("the contract declares no reference_index")
    assert reasons["factual_human_accuracy"].startswith("needs people")
    assert reasons["web_host_balance"] == "the contract declares no web-text data"
    assert all(result.reason for result in found.results if result.state != "scored")
    enabled = assess(rows, contract, replace(GENERAL, enable=("educational_value",)), NOW)
    assert {r.operator: r.reason for r in enabled.results}["educational_value"].startswith("needs a model")


def test_strata_have_results_of_their_own(rows, contract, monkeypatch):
    by_source = replace(contract, strata=("source",))
    found = assess(rows, by_source, GENERAL, NOW)
    records = {r.stratum["source"]: r.score for r in found.results if r.stratum and r.operator == "complete_record_ratio"}
    assert records == {"a": 1.0, "b": 2 / 3, "c": 1.0}
    assert not [r for r in found.results if r.stratum and r.operator == "row_count_attainment"], "a goal is one of the whole"
    whole = [r for r in found.results if not r.stratum]
    assert whole == list(assess(rows, contract, GENERAL, NOW).results)
    monkeypatch.setattr(module, "MOST_STRATA", 1)
    found = assess(rows, by_source, GENERAL, NOW)
    assert found.left_out == 2
    assert {r.stratum["source"] for r in found.results if r.stratum} == {"a"}


def test_distinct_rows_are_counted_exactly_where_the_sketch_could_decide(spark, contract, tmp_path):
    counter = ScanCounter(tmp_path)
    many = spark.createDataFrame([(f"text {n}",) for n in range(30_000)], "text string")
    (unique,) = (r for r in assess(counter.watch(many), contract, GENERAL, NOW).results if r.operator == "exact_unique_ratio")
    assert (unique.score, unique.score_lcb) == (1.0, 1.0)
    assert counter.rows() == 60_000, "one shared reading, one count"
    far = many.unionAll(many)
    (half,) = (r for r in assess(far, contract, GENERAL, NOW).results if r.operator == "exact_unique_ratio")
    assert half.score == pytest.approx(0.5, rel=0.025)
    assert half.score_lcb < half.score, "a sketch says how sure it is"


def test_an_empty_table_is_measured_nowhere(rows, contract):
    found = assess(rows.where("false"), contract, GENERAL, NOW)
    assert (found.grade.letter, found.rows) == ("U", 0)
    assert {result.state for result in found.results} == {"not_applicable", "not_measurable"}


def test_an_invariant_that_the_engine_refuses_is_an_error_of_its_own(rows, contract):
    broken = replace(contract, invariants={"wrong": "colour > 2"})
    found = {result.operator: result for result in assess(rows, broken, GENERAL, NOW).results}
    assert found["business_rule_consistency"].state == "error"
    assert "colour" in found["business_rule_consistency"].reason
    assert found["complete_record_ratio"].state == "scored"
    whole = assess(rows, broken, GENERAL, NOW)
    assert whole.errors == ("business_rule_consistency",)
    assert "incomplete: business_rule_consistency failed" in list(describe_assessment(whole))
    good = replace(whole.grade, vetoes=(), release=True, total=replace(whole.grade.total, coverage=0.8))
    assert not passes_rules(replace(whole, grade=good)), "an operator failed"
    done = tuple(result for result in whole.results if result.state != "error")
    assert passes_rules(replace(whole, grade=good, results=done))
    assert not passes_rules(replace(whole, results=done)), "too little was measured, and floors are broken"


def test_what_can_run_is_said_without_reading_a_row(rows, contract, tmp_path):
    counter = ScanCounter(tmp_path)
    states = list_states(counter.watch(rows), contract)
    assert counter.rows() == 0
    assert states["class_evenness"] == "yes"
    assert states["example_execution"] == "not measurable: the contract declares no examples: add it to adaqDeclared"
    assert states["media_decodable_ratio"] == "not applicable: the contract declares none of image, audio, video"
    assert set(states) == {operator.id for operator in OPERATORS}
