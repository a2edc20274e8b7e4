"""What a contract may say, and how each mistake in it is named."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import yaml
from tests.unit.assess.conftest import CONTRACT

from resonance.assess.contracts import parse_dataset
from resonance.assess.show import describe_unread
from resonance.core.errors import ContractError


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(yaml.safe_load(CONTRACT))


def refuse(document: Any, table: str | None = None) -> str:
    with pytest.raises(ContractError) as refused:
        parse_dataset(document if isinstance(document, str) else yaml.safe_dump(document), "shop.yaml", table)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def put(document: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    own = [entry for entry in document["customProperties"] if entry["property"] != name]
    return {**document, "customProperties": [*own, {"property": name, "value": value}]}


def test_what_is_said_is_read(contract):
    assert (contract.table, contract.version, contract.stage) == ("shop", "1.0.0", "general")
    assert "labelled" in contract.modalities
    code, size = contract.columns[2], contract.columns[3]
    assert (code.required, code.rules) == (True, {"enum": ["x", "y"]})
    assert (size.rules, size.unit, size.examples) == ({"minimum": 1, "maximum": 8}, "m", (1,))
    assert contract.invariants == {"size_is_large": "size >= 2"}
    assert contract.choices["tail_class_sufficiency"].params == {"min_per_class": 2}
    assert contract.terms["team"][0]["username"] == "ada"


def test_quality_rules_for_other_tools_are_named(document):
    document["schema"][0]["quality"] += [
        {"type": "sql", "query": "SELECT 1"},
        {"metric": "rowCount", "id": "many"},
        {"type": "custom", "engine": "soda", "name": "soda", "implementation": {"checks": []}},
    ]
    document["quality"] = [{"type": "text", "name": "\x1bwords", "description": "It is good."}]
    document["schema"][0]["properties"][0]["quality"] = [{"type": "custom", "implementation": "id > 0"}]
    known = parse_dataset(yaml.safe_dump(document), "shop.yaml")
    place, column = len(document["schema"][0]["quality"]) - 3, document["schema"][0]["properties"][0]["name"]
    assert known.unread == (f"{place} (sql)", "many (library)", "soda (custom)", "\x1bwords (text)", f"{column}.0 (custom)")
    (line,) = describe_unread(replace(known, unread=(*known.unread, "last (sql)")), "shop.yaml")
    assert "\x1b" not in line
    assert line.startswith(f"contract shop.yaml: quality rules for other tools were not read: {place} (sql), many (library), soda")
    assert f"{column}.0 (custom), …; what is read are claims about each row" in line


def test_a_contract_whose_rules_are_all_read_needs_no_word(contract):
    assert contract.unread == ()
    assert list(describe_unread(contract, "shop.yaml")) == []


def test_unknown_operators_and_parameters_fail(document):
    quality = document["schema"][0]["quality"]
    quality += [
        {"engine": "adaq", "type": "custom", "implementation": {"operator": "no_such_operator"}},
        {
            "engine": "adaq",
            "type": "custom",
            "implementation": {"operator": "pii_free_ratio", "params": {"low": 1, "lo": "x"}, "floor": 3},
        },
        {"engine": "adaq", "type": "custom", "id": "q7", "implementation": "pii"},
    ]
    said = refuse(document)
    for problem in (
        "unknown operator no_such_operator: see `resonance operators`",
        "pii_free_ratio has no parameter low: there are lo, hi",
        "pii_free_ratio: lo must be a number",
        "pii_free_ratio: its floor must be between 0 and 1",
        "quality rule q7: its implementation names no operator",
    ):
        assert problem in said


def test_rules_that_contradict_each_other_fail(document):
    document["schema"][0]["properties"] += [
        {"name": "a", "logicalType": "number", "logicalTypeOptions": {"minimum": 3, "maximum": 2}},
        {"name": "b", "logicalType": "string", "logicalTypeOptions": {"minLength": "one", "pattern": "(?=x)"}},
        {"name": "c", "logicalType": "string", "enum": "x"},
    ]
    said = refuse(document)
    for problem in (
        "column a: minimum 3 is above maximum 2",
        "column b: minLength must be a number",
        "column b: pattern '(?=x)' cannot be",
    ):
        assert problem in said
    assert "column c: enum must list entries that each hold a value" in said


def test_lists_that_break_bounds_and_bounds_that_leave_nothing_fail(document):
    document["schema"][0]["properties"] += [
        {"name": "a", "logicalType": "number", "enum": [{"value": 7}, {"value": 3}], "logicalTypeOptions": {"maximum": 5}},
        {"name": "b", "logicalType": "string", "enum": [{"value": "abc"}], "logicalTypeOptions": {"maxLength": 2, "pattern": "a+"}},
        {"name": "a", "logicalType": "number"},
        {"name": "c", "logicalType": "numbr"},
    ]
    given = {"type": "custom", "engine": "adaq", "implementation": {"operator": "pii_free_ratio", "params": {"lo": 0.5}}}
    document["schema"][0]["quality"] = [given, given]
    said = refuse(document)
    for problem in (
        "column a: its enum lists 7, which maximum 5 forbids",
        "column b: its enum lists abc, which maxLength 2 forbids",
        "column b: its enum lists abc, which pattern a+ forbids",
        "column a stands twice",
        "column c: logicalType numbr is none of string, integer",
        "pii_free_ratio: lo 0.5 must be below hi 0.01",
        "pii_free_ratio is set by 2 quality rules",
    ):
        assert problem in said
    assert "lists 3" not in said


def test_columns_must_be_a_list_of_named_ones(document):
    for wrong in ("id", [{"logicalType": "string"}], ["id"]):
        document["schema"][0]["properties"] = wrong
        assert "properties must list columns, each with a name" in refuse(document)


def test_stage_modalities_roles_and_declarations_are_checked(document):
    assert "adaqStage must be one of general, pretraining" in refuse(put(document, "adaqStage", "testing"))
    assert "adaqModalities must list kinds of data" in refuse(put(document, "adaqModalities", ["smell"]))
    assert "adaqRoles: no operator asks for texxt" in refuse(put(document, "adaqRoles", {"texxt": "text"}))
    assert "adaqDeclared must hold names and values" in refuse(put(document, "adaqDeclared", [1]))
    assert "unknown property adaqRole: there are" in refuse(put(document, "adaqRole", {}))
    assert "adaqStrata must list columns" in refuse(put(document, "adaqStrata", "source"))


def test_a_key_that_nothing_reads_is_named(document):
    choice = {"operator": "pii_free_ratio", "flor": 0.5}
    document["schema"][0]["quality"].append({"type": "custom", "engine": "adaq", "implementation": choice})
    document["customProperties"] += [
        {
            "property": "adaqDeclared",
            "value": {
                "reference_table": {"table": "other", "kye": "id", "columns": ["size"]},
                "source_ledger": {"a": {"basis": "law", "evidense": "a.pdf"}, "b": {"evidense": "b.pdf"}},
                "knowledge_index": {"sun": ["Sol"], "moon": {"wieght": 2}},
                "terminology": {"terms": ["sun"], "forbiden": ["moon"]},
            },
        },
        {"property": "adaqNotApplicable", "value": [{"metric": 14, "reason": "no label", "approvedBy": "ada", "until": 2027}]},
    ]
    said = refuse(document)
    for problem in (
        "reference_table in adaqDeclared: nothing reads kye: there are table, key, columns",
        "source_ledger in adaqDeclared: nothing reads evidense: there are basis, evidence, origin, licence",
        "knowledge_index in adaqDeclared: nothing reads wieght: there are aliases, weight",
        "terminology in adaqDeclared: nothing reads forbiden: there are terms, deprecated, forbidden",
        "pii_free_ratio: nothing reads flor: there are operator, params, floor, blocking",
        "adaqNotApplicable: nothing reads until: there are metric, reason, approvedBy",
    ):
        assert said.count(problem) == 1, problem


def test_little_may_be_declared_not_applicable(document):
    def declare(*metrics: int, **given: str) -> dict[str, Any]:
        whole = given or {"reason": "r", "approvedBy": "b"}
        return put(document, "adaqNotApplicable", [{"metric": metric, **whole} for metric in metrics])

    assert parse_dataset(yaml.safe_dump(declare(14)), "c").not_applicable == {14: "r (approved by b)"}
    assert "metric 6 is never not applicable" in refuse(declare(6))
    assert "7 metrics are declared not applicable; 6 may be" in refuse(declare(1, 2, 3, 4, 5, 8, 9))
    assert "metric 14 is declared not applicable without reason or approvedBy" in refuse(declare(14, reason="x"))
    assert "no metric 99" in refuse(declare(99))
    assert "adaqNotApplicable must list metrics" in refuse(put(document, "adaqNotApplicable", {"metric": 1}))


def test_the_table_is_named_where_there_are_several(document):
    document["schema"].append({"name": "other"})
    assert "holds several tables or none; there are: shop, other; name one by --table" in refuse(document)
    assert "holds no table third" in refuse(document, "third")
    assert parse_dataset(yaml.safe_dump(document), "c", "shop").table == "shop"
    assert "not an ODCS v3 contract: it has no schema" in refuse("a: 1")
    assert "is no YAML" in refuse("{")
