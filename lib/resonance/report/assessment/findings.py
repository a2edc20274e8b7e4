"""What to mend first, what was not measured, and what does not apply."""

from __future__ import annotations

from resonance.core.quality import Finding, Quality
from resonance.report.assessment.names import MODES, name_metric, say_remedies
from resonance.report.language import restate, say
from resonance.report.parts import Block, Grid
from resonance.report.wording import amount, difference, name, share, write_score

REASON = 240
"""Characters of a reason."""


def draw_findings(quality: Quality) -> Block | None:
    """Findings by what mending them would add to the score; None where nothing falls short."""
    if not quality.findings:
        return None
    rows = []
    for found in quality.findings:
        operators = [quality.operators[id] for id in found.operators]
        scores = {result.operator: result.score for result in quality.results}
        floors = [floor for id in found.operators if (floor := quality.floors.get(id)) is not None]
        below = [quality.floors[id] for id in found.operators if (scores[id] or 0.0) < quality.floors.get(id, 0.0)]
        floor, broken = next(iter(below or floors), None), bool(below)
        least = say("below {floor}", floor=write_score(floor)) if broken else "–" if floor is None else write_score(floor)
        rows.append(
            (
                _list_operators(found),
                "; ".join(dict.fromkeys(name_metric(operator.metric) for operator in operators)),
                write_score(found.score),
                difference(found.gain),
                least,
                say_remedies(operators),
            )
        )
    columns = (say("operator"), say("metric"), say("score"), say("gain"), say("floor"), say("what mends it"))
    text = say(
        "Gain: by how much the score rises where these operators come to 1. Those that look at the same thing are one "
        "finding; the score is that of the first. Mend from the top."
    )
    grid = Grid(say("Findings"), columns, tuple(rows), frozenset(columns[2:4]), cards=True)
    return Block(say("What to mend first"), (text,), grids=(grid,))


def _list_operators(found: Finding) -> str:
    operators = ", ".join(found.operators)
    return (
        say("{operators}; filled rows also raise {others}", operators=operators, others=", ".join(found.filled))
        if found.filled
        else operators
    )


def draw_missing(quality: Quality) -> Block | None:
    """What was not measured with what to supply, and what does not apply with the reason; None where all was measured."""
    grids = []
    if quality.missing:
        grids.append(_list_missing(quality))
    absent = [result for result in quality.results if result.state == "not_applicable"]
    if absent:
        columns = (say("operator"), say("metric"), say("why it does not apply"))
        cells = tuple(
            (result.operator, name_metric(quality.operators[result.operator].metric), name(restate(result.reason), REASON))
            for result in absent
        )
        grids.append(Grid(say("Not applicable"), columns, cells, cards=True))
    if not grids:
        return None
    text = say(
        "{missing} could not be measured: they lower the coverage and widen the interval, and count as neither good nor bad. "
        "Without a meaning for this dataset, and counted nowhere: {absent}.",
        missing=amount(len(quality.missing), "operator"),
        absent=amount(len(absent), "operator"),
    )
    return Block(say("What was not measured"), (text,), grids=tuple(grids))


def _list_missing(quality: Quality) -> Grid:
    rows = tuple(
        (
            one.operator,
            name_metric(quality.operators[one.operator].metric),
            say(MODES[quality.operators[one.operator].mode]),
            share(one.weight),
            name(restate(one.reason), REASON),
        )
        for one in quality.missing
    )
    columns = (say("operator"), say("metric"), say("how measured"), say("adds to coverage"), say("what to supply"))
    return Grid(say("Not measured"), columns, rows, frozenset({columns[3]}), cards=True)
