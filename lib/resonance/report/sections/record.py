"""What the page was made from: versions and rows of tables, manifests of rounds, steps with their times."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.parts import Chart, Grid, Section
from resonance.report.wording import count, counted, name, seconds

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Facts

SLOWEST = 16


def record(facts: Facts, settings: ReportSettings) -> Section:
    """Tables, rounds and steps."""
    grids = [_tables(facts)]
    if facts.rounds:
        grids.append(_rounds(facts))
    charts: tuple[Chart, ...] = ()
    if facts.steps:
        charts = (_times(facts),)
        grids.append(_steps(facts))
    return Section("tables", "Tables, rounds and steps", charts=charts, grids=tuple(grids))


def _tables(facts: Facts) -> Grid:
    writers: dict[str, Row] = {}
    for step in sorted(facts.steps, key=lambda step: step["finished_at"]):
        writers.update(dict.fromkeys(step["written"], step))
    manifest = dict(facts.rounds[-1]["versions"]) if facts.rounds else {}
    rows = []
    for table, number in facts.rows.items():
        writer = writers.get(table)
        known = [v for v in (manifest.get(table), writer["written"][table] if writer else None) if v is not None]
        by = _step(writer) if writer else "–"
        rows.append((table, count(max(known)) if known else "–", count(number), by))
    columns = ("table", "version", "rows", "last written by")
    return Grid("Tables", columns, tuple(rows), frozenset(columns[1:3]), note="Versions as the last step or round noted them.")


def _rounds(facts: Facts) -> Grid:
    rows = tuple(
        (
            count(row["round"]),
            str(row["seed"]),
            name(row["config_hash"], 20),
            name(row["plan_hash"], 20),
            seconds(row["seconds"]),
            _moment(row["finished_at"]),
        )
        for row in facts.rounds
    )
    columns = ("round", "seed", "configuration", "plan", "time", "ended (UTC)")
    return Grid("Rounds", columns, rows, frozenset({"round", "seed", "time"}), note="Configuration and plan: their hashes.")


def _times(facts: Facts) -> Chart:
    slow = sorted(facts.steps, key=lambda step: -step["seconds"])[:SLOWEST]
    rows = [Bar(_step(step), step["seconds"], seconds(step["seconds"]), role="teal") for step in slow]
    whole = sum(step["seconds"] for step in facts.steps)
    picture = draw_bars(rows, "Seconds of each step")
    note = f"{counted(len(facts.steps), 'step')}, {seconds(whole)} in all" + (
        "; the slowest are shown." if len(slow) < len(facts.steps) else "."
    )
    return Chart("Where the time went", picture, note)


def _steps(facts: Facts) -> Grid:
    rows = tuple(
        (
            name(step["job"]),
            count(step["round"]) if step["round"] else "–",
            name(step["arm"]) if step["round"] else "–",
            count(step["rows_out"]),
            count(step["rows_cut"]),
            seconds(step["seconds"]),
            _moment(step["finished_at"]),
            name(step["run"], 20),
        )
        for step in facts.steps
    )
    columns = ("step", "round", "arm", "rows out", "rows cut", "time", "ended (UTC)", "run")
    return Grid("Steps", columns, rows, frozenset({"round", "rows out", "rows cut", "time"}))


def _step(step: Row) -> str:
    if not step["round"]:
        return name(step["job"])
    arm = f" {step['arm']}" if step["arm"] != "plan" else ""
    return name(f"{step['job']} {step['round']}{arm}")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
