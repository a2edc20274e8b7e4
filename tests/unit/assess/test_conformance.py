"""What every operator promises: it says why it cannot, stays in its range, adds up, and never gains by a defect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.assess.conftest import COMPUTED, CONTRACT, TEXTS, TYPES, Row, ask_here, bind_here, gather_here, make_rows

from resonance.assess.contracts import parse_dataset
from resonance.core.parts import merge_states

PROMISES = {"licence_clarity", "dictionary_coverage", "support_channel_checklist", "access_friction", "naming_layout_conformance"}
"""Operators that read the contract alone: no row can spoil them."""
ALL = pytest.mark.parametrize("operator", COMPUTED, ids=lambda operator: operator.id)


def blank(*names: str) -> Callable[[Row], None]:
    return lambda row: row.update(dict.fromkeys(names, None))


def put(name: str, value: Any) -> Callable[[Row], None]:
    return lambda row: row.update({name: value})


def respell(row: Row) -> None:
    """Give the row a spelling that no other row has."""
    bits = int(row["id"][1:]) + 2
    row["city"] = "".join(sign.upper() if bits >> place & 1 else sign for place, sign in enumerate("beijing"))


DEFECTS: Mapping[str, Callable[[Row], None] | None] = {
    "row_count_attainment": None,
    "unigram_entropy_score": put("text", "No no no no no."),
    "ngram_distinctness": put("text", TEXTS[3]),
    "template_free_ratio": put("text", TEXTS[8]),
    "repeated_line_free_ratio": lambda row: row.update(text=TEXTS[8], source="c"),
    "near_duplicate_free_ratio": put("twin", "r99"),
    "eval_contamination_free_ratio": put("exam", "true"),
    "duration_attainment": put("seconds", -1.0),
    "canonical_form_rate": respell,
    "unit_format_uniformity": put("made", "long ago"),
    "format_type_coverage": put("kind", "other"),
    "modality_evenness": put("kind", "text"),
    "licence_compatibility": put("terms", "CC-BY-NC-4.0"),
    "required_field_completeness": put("code", " "),
    "complete_record_ratio": blank("id"),
    "domain_taxonomy_coverage": put("domain", "moon"),
    "task_taxonomy_coverage": blank("task"),
    "task_input_sufficiency": put("text", "  "),
    "schema_conformance": put("made", "long ago"),
    "value_domain_validity": put("size", 99.0),
    "controlled_vocabulary_rate": put("code", "q"),
    "sensitive_column_protection": put("secret", "open"),
    "lawful_basis_coverage": put("source", "unknown"),
    "source_ledger_resolution": put("source", "unknown"),
    "first_party_share": put("source", "unknown"),
    "business_rule_consistency": put("size", -1.0),
    "content_freshness": put("made", "1990-01-01"),
    "fresh_share": put("made", "1990-01-01"),
    "capture_lag_score": put("fetched", "2027-01-01"),
    "pipeline_latency_score": put("ready", "2027-01-01"),
    "exact_unique_ratio": put("text", "The train to the coast leaves at nine."),
    "attribute_coverage": put("channel", "public"),
    "source_effective_number": put("source", "a"),
    "source_channel_coverage": put("channel", "public"),
    "source_evenness": put("source", "a"),
    "source_concentration_score": put("source", "a"),
    "mix_adherence": put("source", "unknown"),
    "task_effective_number": put("task", "sum"),
    "domain_effective_number": put("domain", "rail"),
    "domain_mix_similarity": put("domain", "moon"),
    "language_effective_number": put("lang", "en"),
    "class_evenness": put("label", "yes"),
    "imbalance_ratio_score": put("label", "yes"),
    "tail_class_sufficiency": put("label", "yes"),
    "annotator_group_balance": put("annotator", "g1"),
    "in_domain_ratio": put("domain", "moon"),
    "token_budget_attainment": put("text", ""),
    "truncation_free_ratio": put("text", "The text was cut (here"),
    "encoding_cleanliness": put("text", "caf\u0065\u0301 \x07"),
    "text_form_pass_rate": put("text", "x"),
    "repetition_pass_rate": put("text", "No, no.\nNo, no.\nNo, no."),
    "pii_free_ratio": put("text", "Write to eva@rail-works.org."),
    "secret_free_ratio": put("text", TEXTS[4]),
    "compression_score": put("text", "a" * 500),
    "length_band_coverage": put("text", ""),
    "term_density_score": put("text", "nothing of it " * 20),
    "term_standardness": put("text", "A line, a line."),
    "domain_keyword_relevance": put("text", "nothing"),
    "group_coverage": put("text", "nobody"),
    "task_template_validity": blank("chosen"),
    "provenance_field_completeness": blank("fetched"),
}
"""What makes a row worse for an operator; fewer rows for the first. Columns of shares are drawn towards their largest part."""


def test_each_operator_that_reads_rows_has_a_defect() -> None:
    assert set(DEFECTS) | PROMISES == {operator.id for operator in COMPUTED}


@ALL
def test_an_empty_table_is_not_measurable(operator, contract):
    found = ask_here(operator, contract, [])
    assert (found.state, found.score, found.reason) == ("not_measurable", None, "no rows")


@ALL
def test_a_missing_input_is_named(operator):
    bare = CONTRACT[: CONTRACT.index("support:")].replace("value:\n    {id: id", "value: {}\n  unused:\n    {id: id")
    stripped = parse_dataset(bare + "schema:\n- {name: shop}\n", "bare.yaml")
    stripped = replace(stripped, declared={}, roles={})
    found = ask_here(operator, stripped, make_rows())
    if operator.id == "support_channel_checklist":
        assert (found.state, found.score) == ("scored", 0), "what a contract does not say is bad, not unknown"
        return
    assert (found.state, found.score) == ("not_measurable", None)
    assert any(word in found.reason for word in ("adaqRoles", "adaqDeclared", "the contract ")), found.reason


@ALL
def test_a_column_that_the_table_lacks_is_named(operator, contract):
    for name in sorted(bind_here(operator, contract).reads & set(TYPES)):
        lacking = {column: kind for column, kind in TYPES.items() if column != name}
        found = ask_here(operator, contract, make_rows(), lacking)
        optional = operator.id in ("schema_conformance", "task_template_validity", "provenance_field_completeness")
        if name == "id" and operator.id not in ("required_field_completeness", "complete_record_ratio") or optional:
            continue
        assert found.state == "not_measurable", name
        assert name in found.reason


@ALL
@settings(max_examples=25)
@given(places=st.lists(st.integers(0, 9), max_size=12), seed=st.integers(0, 3))
def test_states_add_up_in_any_split_and_order(operator, contract, places, seed):
    bound = bind_here(operator, contract)
    rows = [make_rows()[place] for place in places]
    whole = gather_here(bound, rows)
    parts = [gather_here(bound, part) for k in range(3) if (part := [row for n, row in enumerate(rows) if (n + seed) % 3 == k])]
    if not rows:
        assert whole == {"rows": 0}
        return
    for order in (parts, parts[::-1]):
        merged = reduce(lambda one, other: {**merge_states(bound.parts, one, other), "rows": one["rows"] + other["rows"]}, order)
        assert merged == whole
    found = ask_here(operator, contract, rows)
    assert found.score is None or 0 <= found.score <= 1
    assert (found.score is None) == (found.state != "scored")


@pytest.mark.parametrize("name", DEFECTS)
@settings(max_examples=25)
@given(order=st.permutations(range(10)), split=st.integers(0, 10))
def test_a_defect_never_raises_the_score(name, contract, order, split):
    (operator,) = (op for op in COMPUTED if op.id == name)
    rows, defect, last = make_rows(), DEFECTS[name], 1.1
    for step, place in enumerate([None, *order[:split]]):
        if place is not None and defect is not None:
            defect(rows[place])
        found = ask_here(operator, contract, rows if defect else rows[: 10 - step])
        if found.score is None:
            break
        assert found.score <= last + 0.002 * (name == "exact_unique_ratio") + 1e-12
        last = found.score
