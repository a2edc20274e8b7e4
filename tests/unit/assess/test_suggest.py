"""Drafts of contracts: they can be used at once, mark each guess, and are safe against hostile names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from pyspark.sql import SparkSession
from tests.unit.assess.conftest import NOW

from resonance.assess.assess import assess
from resonance.assess.contracts import parse_dataset
from resonance.assess.operators import BY_ID
from resonance.assess.suggest import suggest_contract
from resonance.core.errors import InputError
from resonance.runtime.profiles import load_profile
from resonance.testing import ScanCounter

LONG = "这是一个足够长的句子，用来说明列里放的是正文而不是标签。" * 2


@pytest.fixture
def rows(spark: SparkSession):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    many = [(n, f"{LONG}{n}", "ab"[n % 2], "en" if n % 3 else None, at, 0.5 * n, [n]) for n in range(40)]
    return spark.createDataFrame(
        many, "id bigint, article string, label string, lang string, date timestamp, size double, bag array<int>"
    )


def test_a_draft_can_be_used_at_once(rows, tmp_path):
    counter = ScanCounter(tmp_path)
    draft = suggest_contract(counter.watch(rows), "news")
    assert counter.rows() == 80, "once for all columns, once for values of those that have few"
    contract = parse_dataset(draft, "draft")
    assert contract.roles == {"id": "id", "text": "article", "label": "label", "lang": "lang", "created_at": "date"}
    assert contract.modalities == {"text", "structured", "labelled"}
    assert contract.declared == {"min_rows": 40, "languages": ["en"], "labels": ["a", "b"]}
    assert {column.name: (column.type, column.required) for column in contract.columns} == {
        "id": ("integer", True), "article": ("string", True), "label": ("string", True), "lang": ("string", False),
        "date": ("timestamp", True), "size": ("number", True), "bag": ("array", True),
    }  # fmt: skip
    assert contract.columns[2].rules == {"enum": ["a", "b"]}
    found = {r.operator: r.score for r in assess(rows, contract, load_profile("general", frozenset(BY_ID)), NOW).results}
    assert found["schema_conformance"] == found["value_domain_validity"] == found["row_count_attainment"] == 1.0


def test_every_guess_is_marked(rows):
    for line in suggest_contract(rows, "news").splitlines():
        is_guess = any(
            word in line for word in ("required", "enum", "min_rows", "labels", "languages", "adaqStage", "adaqModalities")
        )
        is_guess = (
            is_guess or line.startswith("    ") and line.split(":")[0].strip() in ("id", "text", "label", "lang", "created_at")
        )
        assert ("# guess" in line) == is_guess, line


def test_hostile_names_stay_names(spark: SparkSession):
    name = 'x: "{#&*!|>%@\n- y\u2028'
    rows = spark.createDataFrame([("a",)] * 20, ["v"]).withColumnRenamed("v", name)
    draft = suggest_contract(rows, name)
    (table,) = yaml.safe_load(draft)["schema"]
    assert (table["name"], [column["name"] for column in table["properties"]]) == (name, [name])
    assert parse_dataset(draft, "draft").columns[0].rules == {"enum": ["a"]}


def test_nothing_cannot_be_described(spark: SparkSession):
    with pytest.raises(InputError, match="there is no row to describe"):
        suggest_contract(spark.createDataFrame([], "id bigint"), "none")
