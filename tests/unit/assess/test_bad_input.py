"""Odd columns: all null, NaN, nested, decimals, flags, bytes. None of them ends an assessment or makes a score out of nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.unit.assess.conftest import COMPUTED, TYPES, ask_here, make_rows

from resonance.assess.arrays import check_rule, find_present, read_numbers, read_texts, read_times
from resonance.assess.columns import Unreadable

NEEDS_NO_TEXT = {
    "token_budget_attainment",
    "truncation_free_ratio",
    "encoding_cleanliness",
    "text_form_pass_rate",
    "repetition_pass_rate",
}
"""Rows without a text are bad for these: a text that is not there is not whole."""


@pytest.mark.parametrize("operator", COMPUTED, ids=lambda operator: operator.id)
def test_columns_without_a_value_give_no_good_score(operator, contract):
    rows = [{name: row["id"] if name == "id" else None for name in row} for row in make_rows()]
    found = ask_here(operator, contract, rows)
    promises = {"licence_clarity", "dictionary_coverage", "support_channel_checklist", "row_count_attainment", "schema_conformance"}
    promises |= {"access_friction", "naming_layout_conformance"}
    if operator.id not in promises and not operator.id.startswith("required_field"):
        assert found.state == "not_measurable" or found.score == 0, found
    if "free_ratio" in operator.id and operator.id not in NEEDS_NO_TEXT:
        assert found.state == "not_measurable"
        assert found.reason.startswith("no value to look at in ")


def test_presence_knows_kinds_of_nothing():
    assert find_present(pa.array([1.0, float("nan"), None, float("inf")])).to_pylist() == [True, False, False, True]
    assert find_present(pa.array(["a", "", " \t", None, "\u3000", "N/A"]), ("N/A",)).to_pylist() == [True, *[False] * 5]
    assert find_present(pa.array([[1], [], None])).to_pylist() == [True, True, False]
    assert find_present(pa.array([True, False, None])).to_pylist() == [True, True, False]


def test_values_are_spelled_one_way():
    assert read_texts(pa.array([True, None])).to_pylist() == ["true", None]
    assert read_texts(pa.array([b"ab", None])).to_pylist() == ["6162", None]
    assert read_texts(pa.array([1, None])).to_pylist() == ["1", None]
    assert read_texts(pa.array([[1], None])).to_pylist() == ["[1]", None]
    decimals = pa.array([Decimal("1.50"), None], pa.decimal128(5, 2))
    assert read_numbers(decimals).to_pylist() == [1.5, None]
    assert read_numbers(pa.array(["2", "two", None, "1e3"])).to_pylist() == [2.0, None, None, 1000.0]
    assert read_numbers(pa.array([[1]])).to_pylist() == [None]


def test_times_are_seconds_whatever_holds_them():
    at = datetime(2026, 1, 1, 1, tzinfo=UTC).timestamp()
    texts = pa.array(["2026-01-01T01:00:00Z", "2026-01-01T02:00:00+01:00", "2026-01-01 01:00", "yesterday", "", None])
    assert read_times(texts).to_pylist() == [at, at, at, None, None, None]
    assert read_times(pa.array([date(2026, 1, 1)])).to_pylist() == [at - 3600]
    assert read_times(pa.array([datetime(2026, 1, 1, 1)], pa.timestamp("ns"))).to_pylist() == [at]
    assert read_times(pa.array([7])).to_pylist() == [None]


@pytest.mark.parametrize(
    ("values", "rule", "bound", "kept"),
    [
        (pa.array([1.0, float("nan"), float("inf"), None]), "maximum", 3, [True, False, False, None]),
        (pa.array([True, False]), "enum", [True], [True, False]),
        (pa.array([1.0, 2.0]), "enum", [1], [True, False]),
        (pa.array(["ab", "abc", "xab"]), "pattern", "ab|abc", [True, True, False]),
        (pa.array(["列车", "列"]), "minLength", 2, [True, False]),
        (pa.array(["9", "x"]), "minimum", 3, [True, None]),
    ],
)
def test_rules_hold_for_values_of_any_kind(values, rule, bound, kept):
    assert check_rule(values, rule, bound).to_pylist() == kept


@pytest.mark.parametrize(
    ("kind", "bad"),
    [("integer", ["1.5", "x"]), ("number", ["x"]), ("boolean", ["yes"]), ("date", ["soon"]), ("timestamp", ["2026-13-01"])],
)
def test_texts_that_are_no_value_of_their_type_are_seen(kind, bad):
    good = {"boolean": ["true", "FALSE"], "date": ["2026-01-01"], "timestamp": ["2026-01-01T00:00:00Z"]}.get(kind, ["1", "-2"])
    batch = pa.RecordBatch.from_pydict({"x": [*good, *bad, None, " "]})
    assert Unreadable("x", kind)(batch).to_pylist() == [*[False] * len(good), *[True] * len(bad), False, False]


def test_a_declaration_of_the_wrong_kind_says_what_it_must_be(contract):
    for name, wrong in {
        "labels": "yes",
        "source_mix": [1],
        "source_ledger": [1],
        "min_rows": -1,
        "task_registry": [1],
        "terminology": [],
        "categorical": 3,
        "formats": {},
        "modalities": "text",
        "licence_matrix": {"MIT": "commercial"},
    }.items():
        other = replace(contract, declared={**contract.declared, name: wrong})
        found = [ask_here(op, other, make_rows(), TYPES) for op in COMPUTED if name in op.inputs]
        assert found
        assert all(result.state == "not_measurable" and f"{name} in adaqDeclared must" in result.reason for result in found), found
