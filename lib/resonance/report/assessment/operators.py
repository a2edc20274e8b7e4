"""Every operator as it answered, and what the report was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from resonance.core.adaq import GROUPS
from resonance.core.operator import Result
from resonance.core.packages import name_software
from resonance.core.quality import Quality
from resonance.report.assessment.names import MODES, STAGES, name_group, name_metric, name_state
from resonance.report.language import say
from resonance.report.parts import Block, Grid
from resonance.report.wording import count, name, share, short, write_score

TREND = 5
"""Earlier scores that are listed beside an operator."""
WIDE = 120
"""Characters of thresholds and of names of rows."""


def draw_operators(quality: Quality) -> Block:
    """Raw value, score, bound, thresholds, coverage, trend and evidence of each operator."""
    rows = tuple(_write_cells(result, quality) for result in quality.results)
    columns = (
        *(
            say("operator"),
            say("metric"),
            say("measured"),
            say("state"),
            say("raw"),
            say("score"),
            say("lower bound"),
            say("coverage"),
        ),
        *(say("rows looked at"), say("thresholds"), say("last runs"), say("rows to look at")),
    )
    numbers = frozenset((*columns[4:9],))
    note = say("Lower bound: of 95%, the score itself where every row was looked at. Persons and secrets are hidden by *.")
    grid = Grid(say("Operators"), columns, rows, numbers, note=note, prose=frozenset({columns[9], columns[11]}))
    return Block(say("Every operator"), (), grids=(grid,))


def draw_identity(quality: Quality) -> Block:
    """What was measured by what, and which weights were used."""
    known = {
        say("table"): quality.table,
        say("version"): quality.version or "–",
        say("rows"): count(quality.rows),
        say("contract"): quality.contract,
        say("use"): say(STAGES[quality.stage]),
        say("profile"): quality.profile.title,
        say("ages as of"): quality.made.astimezone(UTC).isoformat(timespec="seconds"),
        say("software"): name_software(),
        **{say("weight of {group}", group=name_group(g.number)): f"{quality.profile.groups[g.number]:g}%" for g in GROUPS},
    }
    columns = (say("what"), say("value"))
    return Block(say("What this report was made from"), grids=(Grid(say("Identity"), columns, tuple(known.items())),))


def _write_cells(result: Result, quality: Quality) -> tuple[str, ...]:
    operator = quality.operators[result.operator]
    earlier = [one.operators[result.operator] for one in quality.past if result.operator in one.operators]
    return (
        operator.id,
        name_metric(operator.metric),
        say(MODES[operator.mode]),
        name_state(result.state),
        "–" if result.raw is None else short(result.raw),
        write_score(result.score),
        write_score(result.score_lcb),
        share(result.coverage) if result.state == "scored" else "–",
        count(result.n_examined) if result.n_examined else "–",
        name(write_params(result.params), WIDE) if result.params else "–",
        " ".join(map(write_score, earlier[-TREND:])) or "–",
        name(", ".join(result.evidence), WIDE) if result.evidence else "–",
    )


def write_params(params: Mapping[str, Any]) -> str:
    """``lo 0.0001, hi 0.01``."""
    return ", ".join(f"{key} {value if isinstance(value, str) else json.dumps(value)}" for key, value in params.items())
