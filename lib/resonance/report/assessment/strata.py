"""Where in the dataset quality is low: groups by stratum, lowest first."""

from __future__ import annotations

from collections.abc import Mapping

from resonance.core.adaq import GROUPS
from resonance.core.quality import Quality, Score
from resonance.report.assessment.names import name_group, name_stratum, write_coverage
from resonance.report.draw.matrix import draw_matrix
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid
from resonance.report.wording import amount, count, make_distinct, write_score

WORST = 20
"""Strata that are listed."""


def draw_strata(quality: Quality) -> Block | None:
    """The heat map of groups by stratum and the worst strata; None where the contract makes none."""
    if not quality.strata:
        return None
    worst = quality.strata[:WORST]
    names = make_distinct([name_stratum(one.values) for one in worst], 64)
    text = [
        say(
            "{strata}; the {shown} with the lowest scores are shown. A stratum's score is over the operators that can be measured "
            "on it alone.",
            strata=amount(len(quality.strata), "stratum", "strata"),
            shown=count(len(worst)),
        )
    ]
    if quality.left_out:
        text.append(say("{strata} with fewest rows are counted in the whole alone.", strata=count(quality.left_out)))
    cells = [[one.groups[group.number].value for group in GROUPS] for one in worst]
    picture = draw_matrix(names, [str(group.number) for group in GROUPS], cells, say("Score of each group in each stratum"))
    groups = ", ".join(name_group(group.number) for group in GROUPS)
    note = say("Hundredths; darker is worse, blank was not measured. Columns: {groups}.", groups=groups)
    rows = tuple(
        (
            label,
            count(one.rows),
            write_score(one.total.value),
            write_coverage(one.total),
            _name_weakest(one.groups),
        )
        for label, one in zip(names, worst, strict=True)
    )
    columns = (" · ".join(worst[0].values), say("rows"), say("score"), say("coverage"), say("weakest group"))
    grid = Grid(say("Worst strata"), columns, rows, frozenset(columns[1:4]))
    return Block(say("Strata"), tuple(text), (Chart(say("Groups by stratum"), picture, note),), (grid,))


def _name_weakest(groups: Mapping[int, Score]) -> str:
    known = [(score.value, number) for number, score in groups.items() if score.value is not None]
    return f"{name_group(min(known)[1])} {write_score(min(known)[0])}" if known else "–"
