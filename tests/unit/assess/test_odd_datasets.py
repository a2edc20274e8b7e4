"""Datasets that are odd as a whole, from the contract to what people are told: a state and a reason, never a score of nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from pyspark.sql import SparkSession
from tests.unit.assess.conftest import NOW

from resonance.assess import assess as module
from resonance.assess.assess import Assessment, assess
from resonance.assess.contracts import parse_dataset
from resonance.assess.operators import BY_ID
from resonance.assess.show import describe_assessment
from resonance.core.dataset import DatasetContract
from resonance.core.errors import ContractError, InputError
from resonance.core.operator import Result
from resonance.runtime.profiles import load_profile

GENERAL = load_profile("general", frozenset(BY_ID))
CONTRACT = """
customProperties:
- {property: adaqStage, value: general}
- {property: adaqModalities, value: [text, structured]}
- {property: adaqRoles, value: {id: id, text: text, source_id: source, created_at: made, collected_at: seen}}
- {property: adaqDeclared, value: {max_age: 10, sla_latency: 1, domain_taxonomy: [a, b]}}
schema:
- name: notes
  properties:
  - {name: id, logicalType: string, required: true}
  - {name: text, logicalType: string, required: true}
  - {name: size, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 9}}
"""
SCHEMA = "id string, text string, source string, made string, seen string, size double"


@pytest.fixture(scope="module")
def promised() -> DatasetContract:
    return parse_dataset(CONTRACT, "notes.yaml")


def ask(found: Assessment, operator: str) -> Result:
    return next(result for result in found.results if result.operator == operator and not result.stratum)


def test_a_declared_column_that_is_missing_is_named_and_measured_nowhere(spark: SparkSession, promised):
    rows = spark.createDataFrame([("1", "a", 1.0)], "id string, source string, size double")
    found = assess(rows, promised, GENERAL, NOW)
    for operator in ("required_field_completeness", "complete_record_ratio", "truncation_free_ratio", "encoding_cleanliness"):
        result = ask(found, operator)
        assert (result.state, result.score, result.reason) == ("not_measurable", None, "the table has no column text")
    assert ask(found, "schema_conformance").score == pytest.approx(5 / 8), "text is promised, required and of a type"
    assert not found.grade.release


def test_the_contract_of_another_table_gives_no_good_score(spark: SparkSession, promised):
    found = assess(spark.createDataFrame([(1, "x")], "number int, colour string"), promised, GENERAL, NOW)
    assert ask(found, "schema_conformance").score == 0
    assert {result.operator for result in found.results if result.score == 1} <= {"support_channel_checklist"}
    assert found.grade.letter in ("E", "U")
    with pytest.raises(ContractError, match="holds no table letters; there are: notes"):
        parse_dataset(CONTRACT, "notes.yaml", "letters")


def test_one_stratum_says_what_the_whole_says(spark: SparkSession, promised):
    rows = spark.createDataFrame([(str(n), f"Text {n}.", "a", None, None, 1.0) for n in range(4)], SCHEMA)
    found = assess(rows, replace(promised, strata=("source",)), GENERAL, NOW)
    own = {result.operator: result.score for result in found.results if result.stratum}
    assert own
    assert own == {id: ask(found, id).score for id in own}
    assert found.left_out == 0


def test_more_strata_than_are_told_apart_are_left_to_the_whole_and_counted(spark: SparkSession, promised, monkeypatch):
    monkeypatch.setattr(module, "MOST_STRATA", 500)
    few = replace(promised, strata=("source",), roles={"source_id": "source"}, columns=(), modalities=frozenset({"structured"}))
    many = 550
    rows = spark.createDataFrame([(f"s{n % many}",) for n in range(many + 20)], "source string").coalesce(1)
    found = assess(rows, few, GENERAL, NOW)
    assert (found.rows, found.left_out) == (many + 20, 50)
    named = {result.stratum["source"] for result in found.results if result.stratum}
    assert len(named) == 500
    assert named >= {f"s{n}" for n in range(20)}, "the largest are told apart"
    assert "50 strata with fewest rows are not told apart" in list(describe_assessment(found))


def test_times_that_cannot_be_read_are_not_measured(spark: SparkSession, promised):
    rows = spark.createDataFrame([(str(n), "Text.", "a", "yesterday", "31.12.2025", 1.0) for n in range(3)], SCHEMA)
    found = assess(rows, promised, GENERAL, NOW)
    for operator in ("content_freshness", "fresh_share", "capture_lag_score"):
        assert (ask(found, operator).state, ask(found, operator).score) == ("not_measurable", None)
        assert ask(found, operator).reason.startswith("no value to look at in ")


def test_not_a_number_is_missing_and_infinite_breaks_a_bound(spark: SparkSession, promised):
    sizes = (1.0, float("nan"), float("inf"), float("-inf"))
    rows = spark.createDataFrame([(str(n), "Text.", "a", None, None, size) for n, size in enumerate(sizes)], SCHEMA)
    found = assess(rows, promised, GENERAL, NOW)
    assert ask(found, "value_domain_validity").score == pytest.approx(1 / 3)
    assert not found.errors


def test_nested_columns_in_every_role_end_no_assessment(spark: SparkSession, promised):
    nested = "struct<a: int, b: array<string>>"
    schema = f"id {nested}, text array<string>, source map<string, int>, made {nested}, seen array<int>, size {nested}"
    row = ((1, ["x"]), ["one", "two"], {"k": 1}, (1, None), [1], (2, ["y"]))
    found = assess(spark.createDataFrame([row, row], schema), promised, GENERAL, NOW)
    assert found.rows == 2
    assert ask(found, "content_freshness").state == "not_measurable"
    assert ask(found, "required_field_completeness").score == 1.0, "they hold a value"
    assert ask(found, "schema_conformance").score == pytest.approx(5 / 8), "but none of the promised type"


def test_more_strata_than_an_engine_hands_over_at_once(spark: SparkSession, promised):
    """A sketch of a few rows is small: 32 kB each for twelve thousand strata were more than the engine takes."""
    rows = spark.createDataFrame([(f"r{number}", str(number)) for number in range(12_000)], "id string, label string")
    contract = replace(promised, strata=("label",), roles={"id": "id"}, modalities=frozenset({"structured"}), columns=())
    found = assess(rows, contract, GENERAL, NOW)
    assert (found.rows, found.left_out) == (12_000, 2_000)


def test_a_condition_that_fails_on_a_row_or_is_none_ends_no_assessment(spark: SparkSession, promised):
    rows = spark.createDataFrame([("1", 1.0), ("x", 2.0)], "id string, size double")
    bare = replace(promised, roles={"id": "id"}, modalities=frozenset({"structured"}), columns=())
    for claim, said in (("cast(id as int) > 0", "its SQL fails on a row"), ("size + 1", "invariant 0 is no condition")):
        found = assess(rows, replace(bare, invariants={"claim": claim}), GENERAL, NOW)
        assert ask(found, "business_rule_consistency").state == "error"
        assert said in ask(found, "business_rule_consistency").reason
        assert ask(found, "exact_unique_ratio").state == "scored"


def test_rows_of_the_future_have_no_age(spark: SparkSession, promised):
    rows = spark.createDataFrame([("a", datetime(2999, 1, 1)), ("b", datetime(2999, 1, 1))], "id string, made timestamp")
    found = assess(rows, replace(promised, roles={"id": "id", "created_at": "made"}), GENERAL, NOW)
    assert {ask(found, name).state for name in ("content_freshness", "fresh_share")} == {"not_measurable"}


def test_a_name_that_no_sql_can_say_is_one_error(spark: SparkSession, promised):
    rows = spark.createDataFrame([("a",)], "id string").withColumnRenamed("id", "i`d")
    with pytest.raises(InputError, match="has a backtick in its name"):
        assess(rows, promised, GENERAL, NOW)
