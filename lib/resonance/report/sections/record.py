"""What the page was made from: versions and rows of tables, manifests of rounds, steps with their times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from resonance.core.durations import write_seconds
from resonance.core.turns import PLAN, RULE
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid
from resonance.report.section import Section
from resonance.report.wording import amount, count, name
from resonance.tables import ROUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

SLOWEST = 16


@dataclass(frozen=True)
class Record:
    """The manifests of rounds, beside the steps and the rows of tables that all sections know."""

    shared: Facts
    rounds: tuple[Row, ...] = ()


def gather_record(frames: Mapping[str, DataFrame], shared: Facts) -> Record:
    """Rounds in their order."""
    return Record(shared, tuple(frames["rounds"].orderBy("round").collect()) if shared.rows["rounds"] else ())


def draw_record(facts: Record, settings: ReportSettings) -> Block:
    """Tables, rounds, and the steps of the loop: a campaign has dozens, which its own section sums up."""
    grids = [_list_tables(facts)]
    if facts.rounds:
        grids.append(_list_rounds(facts))
    charts: tuple[Chart, ...] = ()
    steps = tuple(step for step in facts.shared.steps if not step["arm"].startswith(RULE))
    if steps:
        charts = (_draw_times(steps),)
        grids.append(_list_steps(steps, trying=len(facts.shared.steps) - len(steps)))
    return Block(say("Tables, rounds and steps"), charts=charts, grids=tuple(grids))


def _list_tables(facts: Record) -> Grid:
    writers: dict[str, Row] = {}
    for step in sorted(facts.shared.steps, key=lambda step: step["finished_at"]):
        writers.update(dict.fromkeys(step["written"], step))
    manifest = dict(facts.rounds[-1]["versions"]) if facts.rounds else {}
    rows = []
    for table, number in facts.shared.rows.items():
        writer = writers.get(table)
        known = [v for v in (manifest.get(table), writer["written"][table] if writer else None) if v is not None]
        by = _name_step(writer) if writer else "–"
        rows.append((table, count(max(known)) if known else "–", count(number), by))
    columns = (say("table"), say("version"), say("rows"), say("last written by"))
    note = say("Versions as the last step or round noted them.")
    return Grid(say("Tables"), columns, tuple(rows), frozenset(columns[1:3]), note=note)


def _list_rounds(facts: Record) -> Grid:
    rows = tuple(
        (
            count(row["round"]),
            str(row["seed"]),
            name(row["config_hash"], 20),
            name(row["plan_hash"], 20),
            write_seconds(row["seconds"]),
            _write_moment(row["finished_at"]),
        )
        for row in facts.rounds
    )
    columns = (say("round"), say("seed"), say("configuration"), say("plan"), say("time"), say("ended (UTC)"))
    numbers = frozenset((*columns[:2], columns[4]))
    return Grid(say("Rounds"), columns, rows, numbers, note=say("Configuration and plan: their hashes."))


def _draw_times(steps: tuple[Row, ...]) -> Chart:
    slow = sorted(steps, key=lambda step: -step["seconds"])[:SLOWEST]
    rows = [Bar(_name_step(step), step["seconds"], write_seconds(step["seconds"]), role="teal") for step in slow]
    whole = sum(step["seconds"] for step in steps)
    picture = draw_bars(rows, say("Seconds of each step"))
    note = say(
        "{steps}, {time} in all; the slowest are shown." if len(slow) < len(steps) else "{steps}, {time} in all.",
        steps=amount(len(steps), "step"),
        time=write_seconds(whole),
    )
    return Chart(say("Where the time went"), picture, note)


def _list_steps(steps: tuple[Row, ...], trying: int) -> Grid:
    rows = tuple(
        (
            name(step["job"]),
            count(step["round"]) if step["round"] else "–",
            name(step["arm"]) if step["round"] else "–",
            count(step["rows_out"]),
            count(step["rows_cut"]),
            write_seconds(step["seconds"]),
            _write_moment(step["finished_at"]),
            name(step["run"], 20),
        )
        for step in steps
    )
    columns = (
        say("step"),
        say("round"),
        say("arm"),
        say("rows out"),
        say("rows cut"),
        say("time"),
        say("ended (UTC)"),
        say("run"),
    )
    note = say("Not listed: {steps} of campaigns that try rules.", steps=amount(trying, "step")) if trying else ""
    return Grid(say("Steps"), columns, rows, frozenset((columns[1], *columns[3:6])), note=note)


def _name_step(step: Row) -> str:
    if not step["round"]:
        return name(step["job"])
    arm = f" {step['arm']}" if step["arm"] != PLAN and not step["arm"].startswith(RULE) else ""
    return name(f"{step['job']} {step['round']}{arm}")


def _write_moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


SECTION = Section("tables", gather_record, draw_record, reads=(ROUNDS,))
