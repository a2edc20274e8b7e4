"""What each step let through, and which rules cut the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.facts.steps import find_cutting
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section, take_shared
from resonance.report.wording import count, counted, describe_rule, listed, name, seconds, share

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

CUT_BY = {"ingest": "grey", "clean": "grey", "judge": "orange", "dedupe": "purple", "decontaminate": "teal"}


def draw_funnel(facts: Facts, settings: ReportSettings) -> Block | None:
    """The way of documents through the steps that cut, and the reasons."""
    steps = find_cutting(facts.steps)
    if not steps:
        return None
    charts = (_stages(facts, steps), *_reasons(steps))
    grids = (_grid(steps), *_rules(facts))
    return Block("What was kept, what was cut and why", _sentences(facts, steps), charts, grids)


def _sentences(facts: Facts, steps: list[Row]) -> tuple[str, ...]:
    noted = sum(step["rows_cut"] for step in steps)
    found = sum(cut.rows for cut in facts.cuts)
    lost = [name(step["job"]) for step in steps if step["rows_in"] != step["rows_out"] + step["rows_cut"]]
    told = [
        "Each cut row stands in the table rejects with every rule that it failed, what was measured and what the rule asks for; "
        "here it counts once, at the first."
    ]
    if lost:
        told.append(f"ROWS ARE MISSING: rows in are not rows out plus rows cut at {listed(lost)}.")
    else:
        told.append("Rows in are rows out plus rows cut at each step.")
    if noted != found:
        told.append(f"The log of steps counts {counted(noted, 'cut row')}, the table rejects holds {count(found)}: run again.")
    return tuple(told)


def _stages(facts: Facts, steps: list[Row]) -> Chart:
    rows = []
    for job in dict.fromkeys(step["job"] for step in steps):
        came = sum(step["rows_in"] for step in steps if step["job"] == job)
        went = sum(step["rows_out"] for step in steps if step["job"] == job)
        rows.append(Bar(job, went, f"{count(went)} of {count(came)}", behind=came))
    held = sum(part.documents for part in facts.find_part("draw", 0, "heldout").values())
    if held:
        rows.append(Bar("set aside, held out", held, count(held), role="teal"))
    for number, arm in facts.find_draws():
        if arm == "plan":
            drawn = sum(part.documents for part in facts.find_part("draw", number, arm).values())
            rows.append(Bar(f"drawn, round {number}", drawn, count(drawn), role="teal"))
    picture = draw_bars(rows, "Documents that came to each step and went on")
    keys = (Key("went on", "blue"), Key("came in", "pale")) + ((Key("chosen from what was kept", "teal"),) if held else ())
    return Chart("Documents by step", picture, keys=keys)


def _reasons(steps: list[Row]) -> tuple[Chart, ...]:
    cut: Counter[tuple[str, str]] = Counter()
    for step in steps:
        cut.update({(step["job"], rule): rows for rule, rows in step["cut_by_rule"].items()})
    whole = sum(cut.values())
    if not whole:
        return ()
    rows = [
        Bar(rule.removeprefix("gopher_"), rows, f"{count(rows)} · {share(rows, whole)}", role=CUT_BY.get(job, "blue"))
        for (job, rule), rows in sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    ]
    picture = draw_bars(rows, "Rows cut by each rule")
    keys = tuple(Key(f"cut by {name(job)}", CUT_BY.get(job, "blue")) for job in dict.fromkeys(job for job, _ in cut))
    return (Chart("Rows cut, by rule", picture, f"{counted(whole, 'row')} cut in all.", keys),)


def _grid(steps: list[Row]) -> Grid:
    rows = tuple(
        (
            name(step["job"]),
            name(step["batch"]),
            count(step["rows_in"]),
            count(step["rows_out"]),
            count(step["rows_cut"]),
            share(step["rows_cut"], step["rows_in"]),
            seconds(step["seconds"]),
        )
        for step in steps
    )
    columns = ("step", "batch", "rows in", "rows out", "rows cut", "share cut", "time")
    return Grid("Steps that cut", columns, rows, frozenset(columns[2:]))


def _rules(facts: Facts) -> tuple[Grid, ...]:
    cut: Counter[tuple[str, str]] = Counter()
    for found in facts.cuts:
        cut[found.step, found.rule] += found.rows
    asked = {("judge", row["rule"]): describe_rule(row) for row in facts.rules}
    rows = tuple(
        (name(rule), name(step), asked.get((step, rule), "–"), count(number), share(number, sum(cut.values())))
        for (step, rule), number in sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    )
    columns = ("first reason", "step", "cuts where", "rows", "share of what was cut")
    return (Grid("First reasons", columns, rows, frozenset(columns[3:])),) if rows else ()


SECTION = Section("funnel", take_shared, draw_funnel)
