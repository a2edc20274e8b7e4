"""Licences: what a matrix allows, expressions of them, and where an assessment finds the licence of a row."""

from __future__ import annotations

import pytest
from tests.unit.assess.conftest import RECORDS, TYPES, ask_here, make_rows

from resonance.assess.methods.licences import permits
from resonance.assess.operators import BY_ID
from resonance.core.dataset import DatasetContract

OPERATOR = BY_ID["licence_compatibility"]
ALLOWED = frozenset({"mit", "apache-2.0", "gpl-2.0-only"})


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        (" mit ", True),
        ("MIT AND Apache-2.0", True),
        ("MIT AND CC-BY-NC-4.0", False),
        ("CC-BY-NC-4.0 OR MIT", True),
        ("CC-BY-NC-4.0 OR MIT AND Proprietary", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("(MIT OR Apache-2.0) AND CC-BY-NC-4.0", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_expressions_of_licences(expression, allowed):
    assert permits(expression, ALLOWED) is allowed


def ask(declared: dict, roles: dict | None = None):
    contract = DatasetContract(
        "t", "1.0.0", "general", frozenset({"text"}), (), {"licence": "terms"} if roles is None else roles, declared
    )
    return ask_here(OPERATOR, contract, make_rows(), TYPES)


def test_rows_count_alike_where_there_is_no_text():
    assert ask({"purpose": "commercial"}).score == pytest.approx(7 / 10)
    assert ask({"purpose": "research"}).score == pytest.approx(9 / 10), "one row names no licence"


def test_the_ledger_may_say_the_licence_of_a_source():
    ledger = {"a": {"licence": "CC-BY-4.0"}, "b": {"licence": "CC-BY-NC-4.0"}, "c": {"basis": "consent"}}
    found = ask({"purpose": "commercial", "source_ledger": ledger}, {"source_id": "source", "id": "id"})
    assert (found.score, found.evidence) == (0.5, ("r5", "r6", "r7", "r8", "r9"))


def test_a_contract_adds_and_denies():
    own = {"CC-BY-NC-4.0": ["commercial"], "CC0-1.0": []}
    assert ask({"purpose": "commercial", "licence_matrix": own}).score == pytest.approx(4 / 10)
    assert "must be one of commercial, commercial-release, release, research" in ask({"purpose": "fun"}).reason
    assert "role licence" in ask({"purpose": "commercial"}, {}).reason
    assert "adaqDeclared" in ask({}).reason


def test_the_matrix_says_what_the_texts_of_licences_say():
    allows = {
        name: {purpose for purpose, names in RECORDS.licences.items() if name in names}
        for name in ("cc0-1.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0")
    }
    everything = {"research", "commercial", "release", "commercial-release"}
    assert allows["cc0-1.0"] == allows["cc-by-sa-4.0"] == everything
    assert allows["cc-by-nc-4.0"] == {"research", "release"}
    assert allows["cc-by-nd-4.0"] == {"research", "commercial"}
    assert allows["cc-by-nc-nd-4.0"] == {"research"}
