"""Drafts of contracts: they can be used at once, mark each guess, and are safe against hostile names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from pyspark.sql import SparkSession
from tests.unit.assess.conftest import NOW

from resonance.assess.assess import assess, list_states
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
    tokens = sum(len(LONG) / 1.5 + len(str(n)) / 4 for n in range(40))
    assert contract.declared == {
        "min_rows": 40,
        "min_tokens": pytest.approx(tokens, abs=1),
        "languages": ["en"],
        "labels": ["a", "b"],
        "attributes": ["size"],
        "naming_rules": {"columns": "[a-z][a-z0-9_]*", "version": "semver"},
    }
    assert {column.name: (column.type, column.required) for column in contract.columns} == {
        "id": ("integer", True), "article": ("string", True), "label": ("string", True), "lang": ("string", False),
        "date": ("timestamp", True), "size": ("number", True), "bag": ("array", True),
    }  # fmt: skip
    assert contract.columns[2].rules == {"enum": ["a", "b"]}
    found = {r.operator: r.score for r in assess(rows, contract, load_profile("general", frozenset(BY_ID)), NOW).results}
    assert found["schema_conformance"] == found["value_domain_validity"] == found["row_count_attainment"] == 1.0


GUESSED = ("required:", "enum:", "examples:", "customProperties:", "classification:", "- {property: adaq")


@pytest.fixture
def trips(spark: SparkSession):
    """Rows of which nearly all that can be guessed is guessed."""
    many = [
        (f"t{n}", f"{LONG}{n}", f"https://a.org/{n}", ("own", "bought")[n % 2], ("city", "coast", "hill")[n % 3],
         ("qa", "sum")[n % 2],
         f"Where is {n}?", f"There {n}", ("train", "train", "test")[n % 3], ("json", "txt")[n % 2], 10 * n, ("web", "lab")[n % 2],
         0.5 * n, 20 + n % 5, f"a{n}@b.org", ("s", "m")[n % 2])
        for n in range(60)
    ]  # fmt: skip
    names = (
        "id string, body string, url string, source string, topic string, task string, question string, answer string, "
        "subset string, format string, n_bytes bigint, channel string, length_km double, age int, email string, size string"
    )
    return spark.createDataFrame(many, names)


def test_every_guess_is_marked(rows, trips):
    for line in (suggest_contract(rows, "news") + suggest_contract(trips, "trips")).splitlines():
        if line == "customProperties:":
            continue
        in_lists = line.startswith("    ") and not line.startswith(("    logicalType", "    #"))
        is_guess = in_lists or any(line.strip().startswith(word) for word in GUESSED)
        assert ("# guess" in line) == is_guess, line


def test_what_rows_tell_is_drafted(trips):
    draft = suggest_contract(trips, "trips")
    contract = parse_dataset(draft, "draft")
    assert contract.modalities == {"text", "web-text", "instruction", "structured"}
    assert contract.strata == ("topic",)
    assert contract.declared == {
        "min_rows": 60,
        "min_tokens": contract.declared["min_tokens"],
        "domain_taxonomy": ["city", "coast", "hill"],
        "task_taxonomy": ["qa", "sum"],
        "formats": ["json", "txt"],
        "channels": ["lab", "web"],
        "source_mix": {"bought": 30, "own": 30},
        "domain_mix": {"city": 20, "coast": 20, "hill": 20},
        "splits": {"test": 20, "train": 40},
        "strata": [["city"], ["coast"], ["hill"]],
        "task_registry": {"qa": ["question", "answer"], "sum": ["question", "answer"]},
        "attributes": ["topic", "task", "format", "channel", "length_km", "age", "size"],
        "categorical": ["topic", "task", "format", "channel", "size"],
        "task_fields": ["question", "answer"],
        "quasi_identifiers": ["age"],
        "naming_rules": {"columns": "[a-z][a-z0-9_]*", "version": "semver"},
    }
    columns = {column.name: column for column in contract.columns}
    assert (columns["length_km"].unit, columns["email"].classification, columns["size"].examples) == ("km", "confidential", ("m",))
    found = {r.operator: r for r in assess(trips, contract, load_profile("general", frozenset(BY_ID)), NOW).results}
    drafted = ("feature_evenness", "canonical_form_rate", "source_channel_coverage", "mix_adherence", "format_type_coverage",
               "token_budget_attainment", "task_template_validity", "attribute_coverage")  # fmt: skip
    assert {id: found[id].state for id in drafted} == dict.fromkeys(drafted, "scored")
    assert found["row_count_attainment"].score == found["mix_adherence"].score == 1.0


def test_what_no_row_tells_is_a_hint_for_those_who_ask(rows, trips):
    """Each automatic operator that the draft leaves unmeasured for want of a promise stands in a comment, with the form."""
    for frame in (rows, trips):
        draft = suggest_contract(frame, "news")
        states = list_states(frame, parse_dataset(draft, "draft"))
        hints = [line for line in draft.splitlines() if line.startswith("# ")]
        lacking = [id for id, state in states.items() if state.startswith("not measurable") and "contract" in state]
        lacking = [id for id in lacking if BY_ID[id].mode == "A"]
        assert len(lacking) > 15
        for id in lacking:
            reason = states[id].removeprefix("not measurable: ")
            assert any(hint.endswith(f": {reason}") and id in hint for hint in hints), id
        assert "#     source_ledger: {NAME: {basis: …, evidence: …, origin: …, licence: …}}" in draft
        assert "#     ticket_log: FILE  (opened_at, answered_at, resolved_at)" in draft


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
