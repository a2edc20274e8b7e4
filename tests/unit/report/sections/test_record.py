from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, START, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.record import Record, draw_record


def make_facts(names: tuple[str, ...] = NAMES) -> Record:
    known = {"seed": 42, "config_hash": "c" * 16, "versions": {"raw": 7}, "seconds": 90.0, "finished_at": START}
    return Record(loop_facts(names), tuple(Row(round=n, plan_hash=f"{n:016x}", **known) for n in (1, 2)))


def test_versions_rows_and_manifests_are_listed() -> None:
    tables, rounds, steps = draw_record(make_facts(), ReportSettings()).grids
    assert tables.rows[0] == ("raw", "7", "40", "ingest")
    assert tables.rows[2] == ("plans", "–", "6", "–")
    assert rounds.rows[1] == ("2", "42", "c" * 16, f"{2:016x}", "90 s", "2030-01-01 00:00:00")
    assert ("train", "2", "control", "0", "0", "12 s") in [row[:6] for row in steps.rows]


def test_steps_of_campaigns_are_counted_and_not_listed() -> None:
    facts = make_facts()
    trial = Row(**{**facts.shared.steps[-1].asDict(), "job": "try_rules", "arm": "rule-select-0a-1-1-7", "written": {"raw": 8}})
    shared = replace(facts.shared, steps=(*facts.shared.steps, trial))
    tables, _, steps = draw_record(replace(facts, shared=shared), ReportSettings()).grids
    assert steps.rows == draw_record(facts, ReportSettings()).grids[2].rows
    assert steps.note == "Not listed: 1 step of campaigns that try rules."
    assert tables.rows[0][:2] == ("raw", "8")
    assert tables.rows[0][3].startswith("try_rules")
    assert "rule-" not in tables.rows[0][3]
