"""Which versions of policies judged, what came before them, and who decided so and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from resonance.core.gates import name_policy
from resonance.report.language import say
from resonance.report.parts import Block, Grid
from resonance.report.section import Section
from resonance.report.wording import amount, difference, name, plain, restate_all
from resonance.tables import APPROVALS, RULE_COMPARISONS, RULE_VERSIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts


@dataclass(frozen=True)
class Versions:
    """The history of policies.

    Args:
        rows: rows of ``rule_versions``, by policy and version.
        decisions: rows of ``approvals`` about policies, the newest last.
        compared: rows of ``rule_comparisons``, the newest last.
    """

    rows: tuple[Mapping[str, Any], ...] = ()
    decisions: tuple[Mapping[str, Any], ...] = ()
    compared: tuple[Mapping[str, Any], ...] = ()


def gather_versions(frames: Mapping[str, DataFrame], shared: Facts) -> Versions:
    """A row for each version that was adopted, tried or refused, and for each decision."""
    rows = frames["rule_versions"].orderBy("policy", "version").collect()
    if not rows:
        return Versions()
    asked = frames["approvals"].where(F.col("dataset").startswith(name_policy(""))).orderBy("approved_at", "assessment").collect()
    compared = frames["rule_comparisons"].orderBy("compared_at", "policy", "kind", "subject").collect()
    return Versions(*(tuple(row.asDict() for row in held) for held in (rows, asked, compared)))


def draw_versions(facts: Versions, settings: ReportSettings) -> Block | None:
    """Versions and decisions; None where nobody ever decided or tried anything."""
    if not facts.rows:
        return None
    policies = {row["policy"] for row in facts.rows}
    text = say(
        "Known of {policies}: {versions}. One version of a policy judges at a time; `resonance rules rollback` has the one before "
        "it judge again.",
        policies=amount(len(policies), "policy", "policies"),
        versions=amount(len(facts.rows), "version"),
    )
    grids = [
        _list_versions(facts.rows),
        *([_list_decisions(facts.decisions)] if facts.decisions else []),
        *([_list_compared(facts.compared)] if facts.compared else []),
    ]
    return Block(say("Versions of rules"), (text,), (), tuple(grids))


def _list_versions(rows: tuple[Mapping[str, Any], ...]) -> Grid:
    cells = tuple(
        (
            name(f"{row['policy']}@{row['version']}"),
            say(STATES[row["state"]]),
            "–" if row["parent"] is None else name(f"{row['policy']}@{row['parent']}"),
            "–" if row["campaign"] is None else name(row["campaign"]),
            _write_effect(row["effect"], row),
            plain(row["diff"]) if row["diff"] else "–",
        )
        for row in rows
    )
    columns = (
        *(say("version"), say("state"), say("made from")),
        *(say("campaign"), say("bits/byte saved"), say("what differs")),
    )
    return Grid(say("Versions"), columns, cells, frozenset(columns[4:5]), cards=True, prose=frozenset(columns[5:]), whole=True)


def _write_effect(effect: float | None, row: Mapping[str, Any]) -> str:
    if effect is None:
        return "–"
    if row["low"] is None or row["high"] is None:
        return difference(effect)
    return say("{score} ({low} to {high})", score=difference(effect), low=difference(row["low"]), high=difference(row["high"]))


def _list_decisions(rows: tuple[Mapping[str, Any], ...]) -> Grid:
    cells = tuple(
        (
            row["approved_at"].strftime("%Y-%m-%d"),
            name(row["assessment"].partition(",")[0]),
            say(DECISIONS[row["gate"]]),
            name(row["name"]),
            restate_all(row["reason"]),
        )
        for row in rows
    )
    columns = (say("day"), say("version"), say("decision"), say("who"), say("why"))
    return Grid(say("Who decided, and why"), columns, cells, frozenset(), cards=True, prose=frozenset(columns[4:]), whole=True)


def _list_compared(rows: tuple[Mapping[str, Any], ...]) -> Grid:
    cells = tuple(
        (
            row["compared_at"].strftime("%Y-%m-%d"),
            say(OCCASIONS[row["kind"]], release=name(row["subject"]), round=row["round"]),
            name(f"{row['policy']}@{row['after']}"),
            name(f"{row['policy']}@{row['before']}"),
            _write_effect(row["delta"], row),
            say(FOUND[row["decision"]]),
        )
        for row in rows
    )
    columns = (
        *(say("day"), say("occasion"), say("version")),
        *(say("compared with"), say("bits/byte saved"), say("found")),
    )
    return Grid(say("Compared again after adoption"), columns, cells, frozenset(columns[4:5]), cards=True, whole=True)


STATES = {
    "draft": "draft",
    "tried": "tried, and shown to help",
    "adopted": "adopted",
    "rejected": "rejected",
    "retired": "retired",
    "rolled_back": "taken back",
}
DECISIONS = {"adopt": "adopted", "reject": "rejected", "rollback": "taken back", "vault": "vault opened"}
OCCASIONS = {"vault": "vault opened for release {release}", "watch": "watched in round {round}"}
FOUND = {"better": "better", "worse": "worse", "unclear": "no difference shown"}

SECTION = Section("versions", gather_versions, draw_versions, reads=(RULE_VERSIONS, APPROVALS, RULE_COMPARISONS))
