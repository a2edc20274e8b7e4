from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, loop_facts
from tests.unit.report.sections.test_rules import POLICY

from resonance.core.settings import ReportSettings
from resonance.report.language import speak
from resonance.report.sections.effects import CARDS, Effects, draw_effects
from resonance.report.sections.excerpts import Borderline

SETTINGS = ReportSettings()


def make_row(rule: str, slice: str = "*", **given: Any) -> Row:
    counts = {"asked": 40, "fires": 10, "sole": 4, "bytes": 900, "sole_bytes": 400, "share": 0.25, "near": 0.1}
    counts |= {"cut_docs": None, "kept_docs": None, "gain": None, "low": None, "high": None, "state": "not_scored"}
    return Row(round=2, policy="mine@7", rule=rule, slice=slice, **counts | given)


def make_facts(names: tuple[str, ...] = NAMES) -> Effects:
    border = (
        Borderline("gopher_short_doc", True, 50.0, 50.0, "aa" * 16, names[0], "just enough " * 40),
        Borderline("gopher_short_doc", False, 49.0, 50.0, "bb" * 16, names[0], None),
    )
    scored = {"cut_docs": 4, "kept_docs": 90, "gain": 0.25, "low": 0.1, "high": 0.4, "state": "scored"}
    few = scored | {"low": None, "high": None, "state": "few"}
    whole = (
        make_row("gopher_short_doc", **scored),
        make_row("tongue", near=None, sole=1, **few),
        make_row("silent", sole=0, sole_bytes=0),
    )
    slices = tuple(make_row("gopher_short_doc", name, share=1 / (2 + place)) for place, name in enumerate(names))
    return Effects(loop_facts(names, rules=POLICY), whole, slices, border)


def test_a_card_says_what_a_rule_adds_where_and_on_what_texts() -> None:
    block = draw_effects(make_facts(), SETTINGS)
    assert block is not None
    assert block.text[1] == "Rules that cut nothing that no other rule cuts: silent."
    short, tongue = block.grids
    assert short.title == "gopher_short_doc: n_words below 50"
    assert short.note == (
        "Fails 10 of 40 documents (25.0%), 4 of them alone (400 bytes). "
        "10.0% of the values lie within a twentieth of the threshold. A byte of 4 documents that it cuts alone costs the model "
        "+0.250 bits (+0.100 to +0.400) against 90 documents that were kept of the same slices. "
        "Most of: 50.0% of one and 33.3% of two."
    )
    assert [row[:2] for row in short.rows] == [("passes", "50"), ("cut", "49")]
    assert len(short.rows[0][2]) <= 150
    assert short.rows[1][2] == "–"
    assert tongue.title == "tongue: language not in en, de"
    assert tongue.rows == ()
    assert "twentieth" not in tongue.note
    assert "there are too few for an interval" in tongue.note
    assert "4 · 10" in block.charts[0].picture


def test_few_rules_have_a_card_and_nothing_measured_no_section() -> None:
    facts = make_facts()
    many = replace(facts, whole=tuple(make_row(f"rule{number}") for number in range(CARDS + 5)))
    block = draw_effects(many, SETTINGS)
    assert block is not None
    assert len(block.grids) == CARDS
    assert draw_effects(replace(facts, whole=()), SETTINGS) is None


def test_a_card_in_chinese() -> None:
    with speak("zh"):
        block = draw_effects(make_facts(), SETTINGS)
    assert block is not None
    assert block.grids[0].note.startswith("40 篇文档中 10 篇未通过（25.0%），其中 4 篇仅因这一条")
