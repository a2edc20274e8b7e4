from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, change_rows, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.facts.shared import Facts
from resonance.report.sections.funnel import draw_funnel

SETTINGS = ReportSettings()
SHORT = Row(rule="gopher_short_doc", signal="n_words", side="below", threshold=50.0, among=None, languages=None)


def make_facts(names: tuple[str, ...] = NAMES) -> Facts:
    return loop_facts(names, rules=(SHORT,))


def test_each_step_and_rule_is_shown() -> None:
    block = draw_funnel(make_facts(), SETTINGS)
    assert block is not None
    steps, reasons = block.grids
    assert [row[:5] for row in steps.rows] == [
        ("ingest", "main", "40", "40", "0"),
        ("clean", "main", "40", "40", "0"),
        ("judge", "main", "40", "38", "2"),
        ("dedupe", "main", "38", "30", "8"),
        ("decontaminate", "main", "30", "30", "0"),
    ]
    assert reasons.rows[0][:4] == ("exact_duplicate", "dedupe", "–", "8")
    assert reasons.rows[1][:4] == ("gopher_short_doc", "judge", "n_words below 50", "2")
    assert "with every rule that it failed" in block.text[0]
    assert "38 of 40" in block.charts[0].picture
    assert "set aside, held out" in block.charts[0].picture


def test_lost_rows_and_a_log_that_disagrees_are_named() -> None:
    facts = make_facts()
    steps = [*facts.steps[:2], *change_rows(facts.steps[2:3], rows_out=1), *facts.steps[3:]]
    block = draw_funnel(replace(facts, steps=tuple(steps), cuts=facts.cuts[:1]), SETTINGS)
    assert block is not None
    assert "ROWS ARE MISSING: rows in are not rows out plus rows cut at judge." in block.text
    assert any("counts 10 cut rows, the table rejects has 2" in line for line in block.text)
