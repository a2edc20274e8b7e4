"""The score over versions, and what changed since the last one."""

from __future__ import annotations

from datetime import UTC, datetime

from resonance.core.adaq import GROUPS
from resonance.core.quality import Quality
from resonance.report.assessment.names import name_group, name_metric
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid
from resonance.report.wording import difference, name, write_score

MOST = 20
"""Versions that are shown, and operators that changed."""


def draw_history(quality: Quality) -> Block | None:
    """Score by version, groups and operators against the last version; None where no earlier one was recorded."""
    if not quality.past:
        return None
    text = say("Each assessment that was recorded counts once, oldest first; the last is this one.")
    charts = (_draw_trend(quality),) if any(one.total is not None for one in quality.past) else ()
    return Block(
        say("Over versions"),
        (text,),
        charts,
        tuple(filter(None, (_list_unusual(quality), _list_versions(quality), _list_groups(quality), _list_changes(quality)))),
    )


def _draw_trend(quality: Quality) -> Chart:
    totals = [*(one.total for one in quality.past[-MOST:]), quality.total.value]
    known = [(float(place), value) for place, value in enumerate(totals, 1) if value is not None]
    line = Line(tuple(x for x, _ in known), tuple(y for _, y in known), "blue", say("score"))
    picture = draw_lines([line], say("Score by assessment"), say("assessment"), say("score"), whole=True)
    return Chart(say("Score over versions"), picture)


def _list_versions(quality: Quality) -> Grid:
    known = [(one.version, one.made, one.letter, one.total) for one in quality.past[-MOST:]]
    known.append((quality.version, quality.made, quality.letter, quality.total.value))
    rows = tuple(
        (name(version) if version else "–", _write_moment(made), letter, write_score(total))
        for version, made, letter, total in reversed(known)
    )
    columns = (say("version"), say("measured (UTC)"), say("grade"), say("score"))
    return Grid(say("Assessments"), columns, rows, frozenset({columns[3]}))


def _list_unusual(quality: Quality) -> Grid | None:
    if not quality.unusual:
        return None
    rows = tuple(
        (
            one.operator,
            name_metric(quality.operators[one.operator].metric),
            write_score(one.usual),
            write_score(one.score),
            "–" if one.deviation is None else f"{one.deviation:+.1f}".replace("-", "−"),
            "–" if one.shift is None else f"{one.shift:.3f}",
        )
        for one in quality.unusual
    )
    columns = (say("operator"), say("metric"), say("usual"), say("now"), say("deviations"), say("shift in bits"))
    note = say("Robust standard deviations of a score from the median of accepted assessments; divergence of values from the last.")
    return Grid(say("What stands apart"), columns, rows, frozenset(columns[2:]), note=note)


def _write_moment(made: datetime | None) -> str:
    return "–" if made is None else made.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _list_groups(quality: Quality) -> Grid:
    before = quality.past[-1].groups
    rows = []
    for group in GROUPS:
        now, then = quality.groups[group.number].value, before.get(group.number)
        if now is not None or then is not None:
            change = "–" if now is None or then is None else difference(now - then)
            rows.append((name_group(group.number), write_score(then), write_score(now), change))
    columns = (say("group"), say("before"), say("now"), say("change"))
    return Grid(say("Groups against the last version"), columns, tuple(rows), frozenset(columns[1:]))


def _list_changes(quality: Quality) -> Grid | None:
    before = quality.past[-1].operators
    moved = [
        (result.score - before[result.operator], result)
        for result in quality.results
        if result.score is not None and result.operator in before and result.score != before[result.operator]
    ]
    if not moved:
        return None
    rows = tuple(
        (
            result.operator,
            name_metric(quality.operators[result.operator].metric),
            write_score(before[result.operator]),
            write_score(result.score),
            difference(change),
        )
        for change, result in sorted(moved, key=lambda pair: (-abs(pair[0]), pair[1].operator))[:MOST]
    )
    columns = (say("operator"), say("metric"), say("before"), say("now"), say("change"))
    return Grid(say("Operators that changed most"), columns, rows, frozenset(columns[2:]))
