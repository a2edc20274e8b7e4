from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.frames import make_frame
from resonance.core.settings import ReportSettings
from resonance.report.language import speak
from resonance.report.sections.versions import DECISIONS, STATES, Versions, draw_versions, gather_versions
from resonance.runtime import resources
from resonance.tables import APPROVALS, RULE_COMPARISONS, RULE_VERSIONS

SETTINGS = ReportSettings()


def make_version(version: int, state: str, **given: Any) -> dict[str, Any]:
    row = {"policy": "docs", "version": version, "parent": version - 1 or None, "text": "name: docs", "diff": "", "state": state}
    return row | {"goal": "improve", "campaign": None, "effect": None, "low": None, "high": None} | given


def make_decision(dataset: str, gate: str, assessment: str, name: str, reason: str, day: int) -> dict[str, Any]:
    at = datetime(2026, 1, day, tzinfo=UTC)
    return {"dataset": dataset, "gate": gate, "assessment": assessment, "name": name, "reason": reason, "approved_at": at}


ROWS = [
    make_version(1, "retired"),
    make_version(
        2, "adopted", campaign="docs-0b", effect=0.02, low=0.01, high=0.03, diff="short below: 50 to 35\nlong above: 9 to 7"
    ),
]
DECISIONS_MADE = [
    make_decision("policy docs", "adopt", "docs@2, decision 1", "campaign docs-0b", "gain 0.0200 bits per byte", 2),
    make_decision("policy docs", "rollback", "docs@2, decision 2", "Ada", "it cuts poems", 3),
    make_decision("documents", "rules", "0a", "Ben", "a dataset", 1),
]


def make_compared(kind: str, subject: str, decision: str, day: int, **given: Any) -> dict[str, Any]:
    row = {"policy": "docs", "kind": kind, "subject": subject, "round": 3, "before": 1, "after": 2, "seeds": [1, 2], "tokens": 9}
    row |= {"documents": 40, "delta": 0.02, "low": 0.01, "high": 0.03, "guards": {"web": 0.01}, "decision": decision}
    return row | {"reason": "docs@2 saves bits", "compared_at": datetime(2026, 2, day, tzinfo=UTC)} | given


COMPARED = [
    make_compared("watch", "docs@2 in round 3", "unclear", 2, delta=-0.01, low=None, high=None),
    make_compared("vault", "2026.1", "better", 1),
]


def gather(spark: SparkSession, rows: list[dict[str, Any]]) -> Versions:
    held = {RULE_VERSIONS: rows, APPROVALS: DECISIONS_MADE, RULE_COMPARISONS: COMPARED}
    frames = {table.name: make_frame(spark, own, resources.contract(table).schema) for table, own in held.items()}
    return gather_versions(frames, loop_facts())


def make_facts(names: tuple[str, ...] = NAMES) -> Versions:
    """Versions of one policy in the states that a campaign leaves, and what was decided about them."""
    refused = make_version(3, "rejected", campaign=names[0], diff=f"{names[-1]} above: 1 to 2")
    reasons = ("gain 0.0200 bits per byte, p 0.001 of 0.05; quality and guards hold", "它删掉了诗")
    said = (row | {"reason": reason} for row, reason in zip(DECISIONS_MADE, reasons, strict=False))
    return Versions((*ROWS, refused), tuple(said), tuple(COMPARED))


def test_versions_are_told_with_who_decided_and_why(spark: SparkSession) -> None:
    block = draw_versions(gather(spark, ROWS), SETTINGS)
    assert block is not None
    assert block.text[0].startswith("Known of 1 policy: 2 versions.")
    versions, decisions, compared = block.grids
    assert versions.rows == (
        ("docs@1", "retired", "–", "–", "–", "–"),
        ("docs@2", "adopted", "docs@1", "docs-0b", "+0.020 (+0.010 to +0.030)", "short below: 50 to 35 long above: 9 to 7"),
    )
    assert decisions.rows == (
        ("2026-01-02", "docs@2", "adopted", "campaign docs-0b", "gain 0.0200 bits per byte"),
        ("2026-01-03", "docs@2", "taken back", "Ada", "it cuts poems"),
    )


def test_the_history_is_told_in_chinese(spark: SparkSession) -> None:
    with speak("zh"):
        block = draw_versions(gather(spark, ROWS), SETTINGS)
    assert block is not None
    assert (block.title, block.grids[0].rows[1][1], block.grids[1].rows[1][2:]) == (
        "规则的版本",
        "已启用",
        ("已撤回", "Ada", "it cuts poems"),
    )


def test_without_a_version_there_is_no_section(spark: SparkSession) -> None:
    assert draw_versions(gather(spark, []), SETTINGS) is None


def test_every_state_and_decision_of_the_contracts_has_words() -> None:
    states = next(rule for rule in resources.contract(RULE_VERSIONS).rules if rule.name == "state_known").expression
    assert all(f"'{state}'" in states for state in STATES)
    assert states.count("'") == 2 * len(STATES)
    gates = " ".join(rule.expression for rule in resources.contract(APPROVALS).rules)
    assert all(f"'{gate}'" in gates for gate in DECISIONS)
