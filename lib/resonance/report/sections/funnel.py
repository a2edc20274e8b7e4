"""What each step let through, and which rules cut the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from resonance.core.durations import write_seconds
from resonance.core.ledger import CLEAN, DECONTAMINATE, DEDUPE, INGEST, JUDGE
from resonance.core.turns import HELDOUT, PLAN
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.facts.steps import find_cutting
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section, take_shared
from resonance.report.wording import amount, count, describe_rule, join_words, label_rule, name, share

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

CUT_BY = {INGEST: "grey", CLEAN: "grey", JUDGE: "orange", DEDUPE: "purple", DECONTAMINATE: "teal"}


def draw_funnel(facts: Facts, settings: ReportSettings) -> Block | None:
    """How many documents each step let through, and why it cut the others; None before the first step."""
    steps = find_cutting(facts.steps)
    if not steps:
        return None
    charts = (_draw_stages(facts, steps), *_draw_reasons(steps))
    grids = (_list_steps(steps), *_list_reasons(facts))
    return Block(say("What was kept, what was cut and why"), _describe_steps(facts, steps), charts, grids)


def _describe_steps(facts: Facts, steps: list[Row]) -> tuple[str, ...]:
    noted = sum(step["rows_cut"] for step in steps)
    found = sum(cut.rows for cut in facts.cuts)
    lost = [name(step["job"]) for step in steps if step["rows_in"] != step["rows_out"] + step["rows_cut"]]
    sentences = [
        say(
            "The table rejects lists each cut row with every rule that it failed, the measured value and the threshold; "
            "here a row counts once, at the first rule."
        )
    ]
    if lost:
        sentences.append(say("ROWS ARE MISSING: rows in are not rows out plus rows cut at {steps}.", steps=join_words(lost)))
    else:
        sentences.append(say("Rows in are rows out plus rows cut at each step."))
    if noted != found:
        sentences.append(
            say(
                "The table steps counts {noted}, the table rejects has {found}: run again.",
                noted=amount(noted, "cut row"),
                found=count(found),
            )
        )
    return tuple(sentences)


def _draw_stages(facts: Facts, steps: list[Row]) -> Chart:
    rows = []
    for job in dict.fromkeys(step["job"] for step in steps):
        came = sum(step["rows_in"] for step in steps if step["job"] == job)
        went = sum(step["rows_out"] for step in steps if step["job"] == job)
        rows.append(Bar(job, went, say("{part} of {whole}", part=count(went), whole=count(came)), behind=came))
    heldout = sum(part.documents for part in facts.find_part("draw", 0, HELDOUT).values())
    if heldout:
        rows.append(Bar(say("set aside, held out"), heldout, count(heldout), role="teal"))
    for number, arm in facts.find_draws():
        if arm == PLAN:
            drawn = sum(part.documents for part in facts.find_part("draw", number, arm).values())
            rows.append(Bar(say("drawn, round {number}", number=number), drawn, count(drawn), role="teal"))
    picture = draw_bars(rows, say("Documents that came to each step and went on"))
    keys = [Key(say("went on"), "blue"), Key(say("came in"), "pale")]
    if heldout:
        keys.append(Key(say("chosen from what was kept"), "teal"))
    return Chart(say("Documents by step"), picture, keys=tuple(keys))


def _draw_reasons(steps: list[Row]) -> tuple[Chart, ...]:
    cut: Counter[tuple[str, str]] = Counter()
    for step in steps:
        cut.update({(step["job"], rule): rows for rule, rows in step["cut_by_rule"].items()})
    whole = sum(cut.values())
    if not whole:
        return ()
    rows = [
        Bar(label_rule(rule), rows, f"{count(rows)} · {share(rows, whole)}", role=CUT_BY.get(job, "blue"))
        for (job, rule), rows in sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    ]
    picture = draw_bars(rows, say("Rows cut by each rule"))
    jobs = dict.fromkeys(job for job, _ in cut)
    keys = tuple(Key(say("cut by {step}", step=name(job)), CUT_BY.get(job, "blue")) for job in jobs)
    return (Chart(say("Rows cut, by rule"), picture, say("{rows} cut in all.", rows=amount(whole, "row")), keys),)


def _list_steps(steps: list[Row]) -> Grid:
    rows = tuple(
        (
            name(step["job"]),
            name(step["batch"]),
            count(step["rows_in"]),
            count(step["rows_out"]),
            count(step["rows_cut"]),
            share(step["rows_cut"], step["rows_in"]),
            write_seconds(step["seconds"]),
        )
        for step in steps
    )
    columns = (say("step"), say("batch"), say("rows in"), say("rows out"), say("rows cut"), say("share cut"), say("time"))
    return Grid(say("Steps that cut"), columns, rows, frozenset(columns[2:]))


def _list_reasons(facts: Facts) -> tuple[Grid, ...]:
    cut: Counter[tuple[str, str]] = Counter()
    for found in facts.cuts:
        cut[found.step, found.rule] += found.rows
    asked = {(JUDGE, row["rule"]): describe_rule(row) for row in facts.rules}
    rows = tuple(
        (name(rule), name(step), asked.get((step, rule), "–"), count(number), share(number, sum(cut.values())))
        for (step, rule), number in sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    )
    columns = (say("first reason"), say("step"), say("cuts where"), say("rows"), say("share of what was cut"))
    return (Grid(say("First reasons"), columns, rows, frozenset(columns[3:])),) if rows else ()


SECTION = Section("funnel", take_shared, draw_funnel)
