"""Which better rules were looked for: what each search cost, how its trials fell away, and what looks at a candidate showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resonance.report.language import say
from resonance.report.parts import Block, Grid
from resonance.report.section import Section
from resonance.report.wording import amount, count, difference, name, restate_all
from resonance.tables import CAMPAIGNS, RULE_TRIALS, RULE_VERIFICATIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

NEWEST = 12
"""Campaigns that are shown."""


@dataclass(frozen=True)
class Campaigns:
    """What campaigns came to, the newest last.

    Args:
        rows: rows of ``campaigns``.
        rungs: of each campaign and rung how many trials stood on it, how many models they trained on how many tokens, and the
            lowest objective.
        looks: rows of ``rule_verifications``.
    """

    rows: tuple[Mapping[str, Any], ...] = ()
    rungs: tuple[Mapping[str, Any], ...] = ()
    looks: tuple[Mapping[str, Any], ...] = ()


def gather_campaigns(frames: Mapping[str, DataFrame], shared: Facts) -> Campaigns:
    """All campaigns and looks, a row each; of trials a row for each campaign and rung."""
    found = frames["campaigns"].orderBy("begun_at", "campaign").collect()
    if not found:
        return Campaigns()
    trials = frames["rule_trials"].select("campaign", "trial", "rung", "tokens", "objective", "feasible", "kept_docs").collect()
    rungs: dict[tuple[str, int], dict[str, Any]] = {}
    for row in sorted(trials, key=lambda row: (row["campaign"], row["rung"])):
        empty = {
            "campaign": row["campaign"],
            "rung": row["rung"],
            "trials": set(),
            "models": 0,
            "tokens": 0,
            "best": None,
            "unfit": 0,
        }
        own = rungs.setdefault((row["campaign"], row["rung"]), empty)
        own["trials"].add(row["trial"])
        own["models"] += row["tokens"] > 0
        own["tokens"] += row["tokens"]
        own["unfit"] += not row["feasible"]
        known = [value for value in (own["best"], row["objective"]) if value is not None]
        own["best"] = min(known, default=None)
    looks = frames["rule_verifications"].orderBy("campaign", "look").collect()
    return Campaigns(tuple(row.asDict() for row in found), tuple(rungs.values()), tuple(row.asDict() for row in looks))


def draw_campaigns(facts: Campaigns, settings: ReportSettings) -> Block | None:
    """The newest campaigns with their searches and looks; None where there was none."""
    if not facts.rows:
        return None
    shown = facts.rows[-NEWEST:]
    verified = [row for row in facts.rows if row["number"] is not None]
    text = (
        say(
            "A search proposes thresholds by small trainings, and a verification decides on fresh seeds and held-out "
            "documents: only what helps for certain, counting every look and every campaign, is accepted. What holds "
            "here is shown for models of this size."
        ),
        say(
            "Looked for: {campaigns}. Verified: {verified}; accepted: {accepted}.",
            campaigns=amount(len(facts.rows), "campaign"),
            verified=len(verified),
            accepted=sum(row["state"] == "accepted" for row in verified),
        ),
    )
    names = {row["campaign"] for row in shown}
    rungs = [row for row in facts.rungs if row["campaign"] in names]
    looks = [row for row in facts.looks if row["campaign"] in names]
    grids = [_list_campaigns(shown), *([_list_rungs(rungs)] if rungs else []), *([_list_looks(looks)] if looks else [])]
    return Block(say("Which better rules were looked for"), text, (), tuple(grids))


def _list_campaigns(rows: tuple[Mapping[str, Any], ...]) -> Grid:
    cells = tuple(
        (
            name(row["campaign"]),
            name(row["incumbent"]),
            say(STATES[row["state"]]),
            count(row["tokens"]),
            restate_all(row["reason"]),
        )
        for row in rows
    )
    columns = (say("campaign"), say("policy"), say("state"), say("tokens at most"), say("why"))
    return Grid(say("Campaigns"), columns, cells, frozenset(columns[3:4]), cards=True, prose=frozenset(columns[4:]), whole=True)


def _list_rungs(rows: list[Mapping[str, Any]]) -> Grid:
    cells = tuple(
        (
            name(row["campaign"]),
            str(row["rung"]),
            count(len(row["trials"])),
            count(row["unfit"]),
            count(row["models"]),
            count(row["tokens"]),
            "–" if row["best"] is None else f"{row['best']:.4f}",
        )
        for row in rows
    )
    columns = (
        *(say("campaign"), say("rung"), say("trials"), say("unfit")),
        *(say("models"), say("tokens"), say("best, bits per byte")),
    )
    note = say("Rung 0 trains nothing: it reads stored gains, and tells minus the mean gain of what is kept.")
    return Grid(say("How searches went"), columns, cells, frozenset(columns[1:]), note=note)


def _list_looks(rows: list[Mapping[str, Any]]) -> Grid:
    cells = tuple(
        (
            name(row["campaign"]),
            str(row["look"]),
            count(len(row["seeds"])),
            count(row["documents"]),
            difference(row["delta"]),
            f"{row['p_tilde']:.3g}",
            f"{row['alpha']:.3g}",
            say(DECISIONS[row["decision"]]),
        )
        for row in rows
    )
    columns = (
        *(say("campaign"), say("look"), say("seeds"), say("documents")),
        *(say("bits/byte saved"), say("p over all looks"), say("level"), say("decision")),
    )
    note = say("A candidate is accepted only where p is no higher than the level, and no protected slice and no quality is harmed.")
    return Grid(say("Looks at candidates"), columns, cells, frozenset(columns[1:7]), note=note)


STATES = {
    "searching": "searching",
    "found": "waits for its verification",
    "accepted": "accepted",
    "refused": "refused",
    "void": "void",
}
DECISIONS = {"accepted": "accepted", "refused": "refused", "continue": "goes on"}

SECTION = Section("campaigns", gather_campaigns, draw_campaigns, reads=(CAMPAIGNS, RULE_TRIALS, RULE_VERIFICATIONS))
