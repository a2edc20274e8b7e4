"""Tables without a column of texts: equal rows are counted by all columns, and personal data is sought in columns of texts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.unit.assess.quality import GENERAL

from resonance.assess.assess import assess
from resonance.assess.contracts import parse_dataset

CONTRACT = """
version: 1.0.0
customProperties: [{property: adaqStage, value: general}, {property: adaqModalities, value: [structured]}]
schema:
- name: shop
  properties:
  - {name: code, logicalType: string, logicalTypeOptions: {}, enum: [{value: a}, {value: b}]}
  - {name: note, logicalType: string}
  - {name: size, logicalType: number}
"""
ROWS = [("a", "new", 1.0), ("a", "new", 2.0), ("b", "write to eva@rail-works.org", 1.0), ("b", None, 1.0), (None, "b", 1.0)]
SCHEMA = "code string, note string, size double"


@pytest.fixture
def ask(spark):
    def run(rows, text=CONTRACT):
        frame = spark.createDataFrame(rows, SCHEMA)
        found = assess(frame, parse_dataset(text, "shop.yaml"), GENERAL, datetime(2026, 4, 11, tzinfo=UTC))
        return {result.operator: result for result in found.results}

    return run


def test_rows_are_equal_where_all_columns_are(ask):
    assert ask(ROWS)["exact_unique_ratio"].score == 1.0, "what is missing in one column is not missing in another"
    assert ask([*ROWS, *ROWS])["exact_unique_ratio"].score == pytest.approx(0.5, abs=0.008), "within the error of a sketch"
    assert ask([*ROWS, ROWS[0]])["exact_unique_ratio"].score == pytest.approx(5 / 6, abs=0.008)


def test_personal_data_is_sought_where_no_code_list_says_what_may_stand(ask):
    found = ask(ROWS * 100)["pii_free_ratio"]
    assert (found.state, found.raw, found.score) == ("scored", pytest.approx(0.25), 0.0), "of the rows that have a note"
    clean = ask([row for row in ROWS if row[1] != ROWS[2][1]])["pii_free_ratio"]
    assert (clean.score, clean.n_examined) == (1.0, 3), "a row without a note is not looked at"
    listed = ask(
        ROWS, CONTRACT.replace("- {name: note, logicalType: string}", "- {name: note, logicalType: string, enum: [{value: b}]}")
    )
    assert "states an enum" in listed["pii_free_ratio"].reason


def test_texts_that_are_declared_are_to_be_named(ask):
    found = ask(ROWS, CONTRACT.replace("[structured]", "[structured, text]"))
    assert "adaqRoles" in found["exact_unique_ratio"].reason
    assert "adaqRoles" in found["pii_free_ratio"].reason


def test_sources_are_not_uneven_where_the_contract_knows_one(ask):
    said = "{property: adaqRoles, value: {source_id: code}}, {property: adaqDeclared, value: {source_ledger: {%s}}}"
    names = ("source_effective_number", "source_evenness", "source_concentration_score")
    for ledger, state in (("a: {basis: own}", "not_applicable"), ("a: {basis: own}, b: {basis: own}", "scored")):
        found = ask([("a", "x", 1.0)] * 2, CONTRACT.replace("[structured]}", f"[structured]}}, {said % ledger}"))
        assert {found[name].state for name in names} == {state}, ledger
    assert found["source_effective_number"].score == 0.0, "one of two that are known"


def test_what_the_contract_says_is_not_there_is_not_applicable(ask):
    found = ask(ROWS)
    assert found["feature_label_dependence"].state == "not_applicable", "no labelled data is declared"
    assert found["compression_score"].state == "not_applicable", "records are no texts"
    open_questions = ("sensitive_column_protection", "referential_integrity")
    assert {found[id].state for id in open_questions} == {"not_measurable"}, "what nobody said may be there"
    silent = CONTRACT.replace("properties:", "relationships: []\n  properties:")
    assert ask(ROWS, silent)["referential_integrity"].state == "not_applicable"
    one = CONTRACT.replace("logicalType: string}", "logicalType: string, classification: public}")
    assert ask(ROWS, one)["sensitive_column_protection"].state == "not_measurable", "one column of three"
    every = one.replace("logicalType: number}", "logicalType: number, classification: internal}")
    every = every.replace("{value: b}]}", "{value: b}], classification: public}")
    assert ask(ROWS, every)["sensitive_column_protection"].state == "not_applicable"
    masked = [(code, "***", size) for code, _, size in ROWS]
    secret = every.replace("classification: internal", "classification: confidential")
    assert ask(masked, secret)["sensitive_column_protection"].score == 0.0, "numbers in the clear"


def test_one_declared_format_or_channel_cannot_be_diverse(ask):
    for values, state in (("[a]", "not_applicable"), ("[a, b]", "scored")):
        said = "{property: adaqRoles, value: {format: code, channel: code, bytes: size}}, {property: adaqDeclared, value: {%s}}"
        declared = f"formats: {values}, channels: {values}"
        found = ask(ROWS, CONTRACT.replace("[structured]}", f"[structured]}}, {said % declared}"))
        assert {found[id].state for id in ("format_type_coverage", "source_channel_coverage")} == {state}
