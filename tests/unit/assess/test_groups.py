"""Operators that group rows, worked out by hand, against published examples, and against one loop over the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from tests.unit.assess.conftest import GROUPED, NOW

from resonance.assess.assess import assess
from resonance.assess.methods.groups import find_alpha
from resonance.assess.operators import BY_ID
from resonance.core.dataset import DatasetContract
from resonance.core.operator import Result
from resonance.runtime.profiles import load_profile

GENERAL = replace(load_profile("general", frozenset(BY_ID)), enable=tuple(operator.id for operator in GROUPED))
ROLES = {
    "item": "item",
    "annotator": "who",
    "label": "label",
    "text": "text",
    "entity": "sensor",
    "ts": "at",
    "source_id": "who",
    "collected_at": "at",
    "prompt": "item",
    "chosen": "who",
    "rejected": "label",
}
FOUR_OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
"""Twelve units as four observers see them, with gaps: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C."""
TWO_OBSERVERS = ("0100000010", "1110010000")
"""Ten units as two observers see them, two values: the same, section A."""


def ask(rows: DataFrame, operator: str, *, declared: dict | None = None, roles: dict | None = None) -> Result:
    contract = DatasetContract(
        "t",
        "1.0.0",
        "general",
        frozenset({"labelled", "structured", "time-series", "text", "preference"}),
        (),
        roles or ROLES,
        declared or {},
    )
    (found,) = (result for result in assess(rows, contract, GENERAL, NOW).results if result.operator == operator)
    return found


def list_labels(observers: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(f"u{n}", f"o{who}", value) for who, seen in enumerate(observers) for n, value in enumerate(seen) if value != "."]


def count_alpha(rows: Sequence[tuple[str, str, str]]) -> float | None:
    """Alpha by its definition: pairs of labels of one item, against pairs of all that could have been paired."""
    items = defaultdict(list)
    for item, _, label in rows:
        items[item].append(label)
    paired = {item: labels for item, labels in items.items() if len(labels) > 1}
    observed = sum(sum(a != b for a, b in permutations(labels, 2)) / (len(labels) - 1) for labels in paired.values())
    everything = [label for labels in paired.values() for label in labels]
    expected = sum(a != b for a, b in permutations(everything, 2)) / max(len(everything) - 1, 1)
    return 1 - observed / expected if expected else None


@pytest.mark.parametrize(("observers", "alpha"), [(FOUR_OBSERVERS, 0.743), (TWO_OBSERVERS, 0.095)])
def test_agreement_is_that_of_published_examples(spark: SparkSession, observers, alpha):
    rows = spark.createDataFrame(list_labels(observers), "item string, who string, label string")
    found = ask(rows, "annotator_agreement")
    assert found.raw == pytest.approx(alpha, abs=0.0005)
    assert found.raw == pytest.approx(count_alpha(list_labels(observers)))
    assert found.score == pytest.approx(found.raw / 0.8)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.just("o"), st.sampled_from("xyz")), max_size=14))
def test_agreement_is_that_of_its_definition(rows):
    items = defaultdict(Counter)
    for item, _, label in rows:
        items[item][label] += 1
    paired = [counts for counts in items.values() if sum(counts.values()) > 1]
    shapes = [(sum(counts.values()), sum(n * n for n in counts.values()), 1) for counts in paired]
    labels = [*sum(paired, Counter()).values()]
    expected = count_alpha(rows)
    assert find_alpha(shapes, labels) == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_labels_that_cannot_disagree_are_not_measurable(spark: SparkSession):
    rows = spark.createDataFrame([("u", "o1", "x"), ("u", "o2", "x"), ("v", "o1", "x")], "item string, who string, label string")
    assert ask(rows, "annotator_agreement").state == "not_measurable"
    assert "role item" in ask(rows, "annotator_agreement", roles={"label": "label"}).reason


def test_equal_texts_with_different_labels_are_conflicts(spark: SparkSession):
    texts = [
        ("One.", "a"),
        ("One.", "b"),
        ("二。", "a"),
        ("二。", "a"),
        ("Three.", "b"),
        ("Four.", None),
        ("Four.", "a"),
        (None, "a"),
        (None, "b"),
    ]
    found = ask(spark.createDataFrame(texts, "text string, label string"), "duplicate_label_conflict_free")
    assert (found.score, found.state) == (0.5, "scored"), "two groups; what lacks text or label is in none"
    unique = spark.createDataFrame(texts[3:5], "text string, label string")
    assert ask(unique, "duplicate_label_conflict_free").reason.startswith("no value to look at in ")
    worse = spark.createDataFrame([*texts, ("二。", "b")], "text string, label string")
    assert ask(worse, "duplicate_label_conflict_free").score == 0.0


def judge_all(prompt: str, responses: str, circles: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """Each response preferred to all later ones, but for pairs that are turned around."""
    pairs = [one + other for n, one in enumerate(responses) for other in responses[n + 1 :]]
    turned = [pair[::-1] if pair in circles else pair for pair in pairs]
    return [(prompt, pair[0], pair[1]) for pair in turned]


def count_circles(rows: Sequence[tuple[str, str, str]]) -> float:
    """Kendall's coefficient of one prompt by its definition: triads that go in a circle, of as many as there could be."""
    better = {(chosen, rejected) for _, chosen, rejected in rows}
    names = sorted({name for pair in better for name in pair})
    circular = sum(
        ((a, b) in better) == ((b, c) in better) == ((c, a) in better)
        for n, a in enumerate(names) for m, b in enumerate(names[n + 1 :], n + 1) for c in names[m + 1 :]
    )  # fmt: skip
    many = len(names)
    return 1 - circular / ((many**3 - many) / 24 if many % 2 else (many**3 - 4 * many) / 24)


def test_preferences_that_go_in_circles_are_seen(spark: SparkSession):
    straight, circle = judge_all("p", "甲乙丙"), judge_all("q", "abc", ["ac"])
    four, five = judge_all("r", "abcd", ["ac"]), judge_all("s", "abcde", ["ac", "be"])
    ignored = [("t", "a", "b"), ("u", "a", "b"), ("u", "b", "c"), (None, "a", "b"), ("v", "a", "a")]
    twice = [*judge_all("w", "abc", ["ac"]), ("w", "a", "c"), ("w", "a", "c")]
    rows = [*straight, *circle, *four, *five, *ignored, *twice]
    frame = spark.createDataFrame(rows, "item string, who string, label string")
    expected = [1.0, 0.0, count_circles(four), count_circles(five), 1.0]
    assert 0 < expected[2] < 1
    assert ask(frame, "preference_transitivity").score == pytest.approx(sum(expected) / 5), "of a pair the majority counts"
    two = spark.createDataFrame(ignored, "item string, who string, label string")
    assert ask(two, "preference_transitivity").reason.startswith("no value to look at in ")


def test_rows_of_rare_kinds_are_not_anonymous(spark: SparkSession):
    people = [("10115", 1980)] * 5 + [("10115", 1990)] * 4 + [(None, 1980)] * 6
    rows = spark.createDataFrame(people, "code string, born int")
    declared = {"quasi_identifiers": ["code", "born"]}
    assert ask(rows, "k_anonymity_attainment", declared=declared).score == pytest.approx(11 / 15)
    assert ask(rows, "k_anonymity_attainment", declared={"quasi_identifiers": ["born"]}).score == pytest.approx(11 / 15)
    assert ask(rows, "k_anonymity_attainment", declared={"quasi_identifiers": ["name"]}).reason == "the table has no column name"
    assert "must list columns" in ask(rows, "k_anonymity_attainment", declared={"quasi_identifiers": []}).reason


def test_missing_moments_of_a_series_are_seen(spark: SparkSession):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = [("a", start + timedelta(seconds=60 * n)) for n in (0, 1, 2, 2, 4)] + [("b", start)] + [("c", None), ("c", None)]
    rows = spark.createDataFrame(ticks, "sensor string, at timestamp")
    found = ask(rows, "timestamp_gap_score", declared={"interval": 60})
    assert found.score == pytest.approx(5 / 6), "a has four of five, b one of one"
    assert (found.n_examined, found.coverage) == (6, 0.75)
    assert (
        ask(rows.selectExpr("sensor", "'x' AS at"), "timestamp_gap_score", declared={"interval": 60}).reason
        == "column at is no timestamp"
    )
    assert "must be a number above zero" in ask(rows, "timestamp_gap_score", declared={"interval": 0}).reason


@pytest.mark.parametrize("operator", GROUPED, ids=lambda operator: operator.id)
def test_an_empty_table_is_not_measurable(spark: SparkSession, operator):
    empty = spark.createDataFrame([], "item string, who string, label string, text string, sensor string, at timestamp")
    found = ask(empty, operator.id, declared={"interval": 60, "quasi_identifiers": ["text"], "sla_frequency": 1})
    assert (found.state, found.reason) == ("not_measurable", "no rows")
