"""Loss over training, and whether each planned sample left exactly one loss."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from resonance.report.draw.lines import Line, draw_lines
from resonance.report.parts import Chart, Grid, Section
from resonance.report.turns import called, keys, ordered, roles, shown
from resonance.report.wording import bits, count, counted, listed, name, share

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Apart, Facts, Losses
    from resonance.report.turns import Turn

LN2 = math.log(2)
SUMS = ("rows", "nats", "tokens", "bytes", "no_loss", "cut")
RARE = {"no finite loss": "no_loss", "tokens cut": "cut"}
"""Columns that stand only where some training has such rows or tokens."""


def training(facts: Facts, settings: ReportSettings) -> Section | None:
    """Bits per byte over tokens trained on, by round and arm; None where nothing was trained."""
    turns = ordered((loss.round, loss.arm) for loss in facts.losses if loss.phase == "train")
    if not turns:
        return None
    first = "Each point is the mean loss over a stretch of training, as the model was when it learnt from it."
    if turns[-1][0] > 1:
        first += " Later rounds go on from the model of the round before."
    chosen = shown(turns)
    paint = roles(chosen)
    series = [_line(facts, turn, paint[turn]) for turn in chosen]
    picture = draw_lines(series, "Training loss over tokens, by round and arm", "tokens trained on", "bits per byte")
    chart = Chart("Training loss", picture, "Lower is better.", keys(chosen, lines=True))
    return Section("training", "Training", (first, *_apart(facts.apart)), (chart,), (_grid(facts, turns),))


def _apart(apart: Apart) -> tuple[str, ...]:
    """What is stored and counts nowhere, in one sentence, if there is any."""
    told = []
    if apart.events:
        events = counted(apart.events, "event")
        told.append(f"{events} of runs that no longer stand (other settings, inputs or texts) or have not ended")
    if apart.states:
        told.append(f"{counted(apart.states, 'state of a text or label', 'states of texts or labels')} changed since")
    return (f"Stored, but in no figure of losses or labels here: {listed(told)}.",) if told else ()


def _line(facts: Facts, turn: Turn, role: str) -> Line:
    tokens, xs, ys = 0, [], []
    for point in _whole([point for point in _train(facts, turn) if point.bytes]):
        xs.append(tokens + point.tokens / 2)
        ys.append(point.nats / LN2 / point.bytes)
        tokens += point.tokens
    return Line(tuple(xs), tuple(ys), role, called(turn), dashed=turn[1] != "plan")


def _train(facts: Facts, turn: Turn) -> list[Losses]:
    return [loss for loss in facts.losses if loss.phase == "train" and (loss.round, loss.arm) == turn]


def _whole(points: list[Losses]) -> list[Losses]:
    """The points, the last one merged into its neighbour where it covers less than half a stretch."""
    if len(points) < 2 or 2 * points[-1].rows >= points[0].rows:
        return points
    return [*points[:-2], _joined(points[-2:])]


def _joined(points: list[Losses]) -> Losses:
    """All these stretches as one."""
    sums = {field: sum(getattr(point, field) for point in points) for field in SUMS}
    return replace(points[0], **sums, share=min(point.share for point in points))


def _check(planned: int, whole: Losses) -> str:
    if whole.share < 1:
        return f"{share(whole.share)} kept"
    return "equal" if planned == whole.rows else "NOT EQUAL"


def _grid(facts: Facts, turns: list[Turn]) -> Grid:
    trained = {turn: _joined(_train(facts, turn)) for turn in turns}
    rare = {column: field for column, field in RARE.items() if any(getattr(whole, field) for whole in trained.values())}
    rows = [
        (*_row(facts, turn, whole), *(count(getattr(whole, field)) for field in rare.values())) for turn, whole in trained.items()
    ]
    columns = ("training", "planned", "loss rows", "check", "tokens", "bits per byte", "parameters", *rare)
    return Grid("Planned samples and their losses", columns, tuple(rows), frozenset(columns[1:]) - {"check"})


def _row(facts: Facts, turn: Turn, whole: Losses) -> tuple[str, ...]:
    size = {(row["round"], row["arm"]): row["parameters"] for row in facts.checkpoints if row["final"]}
    planned = sum(part.rows for part in facts.part("draw", *turn).values())
    return (
        name(called(turn)),
        count(planned),
        count(whole.rows),
        _check(planned, whole),
        count(whole.tokens),
        bits(whole.nats / LN2 / whole.bytes) if whole.bytes else "–",
        count(size[turn]) if turn in size else "–",
    )
