"""Loss over training, and whether each planned sample left exactly one loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import PHASE_TRAIN, PLAN
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid
from resonance.report.section import Section
from resonance.report.turns import choose_turns, colour_turns, make_keys, name_turn, order_turns
from resonance.report.wording import amount, bits, count, join_sentences, join_words, name, share
from resonance.tables import SIGNAL_EVENT, SIGNAL_STATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.losses import Losses
    from resonance.report.facts.shared import Facts
    from resonance.report.turns import Turn

LN2 = math.log(2)
SUMS = ("rows", "nats", "tokens", "bytes", "no_loss", "cut")
RARE = {"no_loss": "no finite loss", "cut": "tokens cut"}
"""Columns that are left out where no training has such rows or tokens."""


@dataclass(frozen=True)
class Unused:
    """What is stored but counts nowhere: events of runs that are not the newest, and states of texts or labels that changed."""

    events: int = 0
    states: int = 0


@dataclass(frozen=True)
class Training:
    """The shared losses, and what is left out of them."""

    shared: Facts
    unused: Unused = Unused()


def gather_training(frames: Mapping[str, DataFrame], shared: Facts) -> Training:
    """Counts events of runs that are not the newest finished ones, and states of texts or labels that have changed since.

    Scans one column of each table.
    """
    if not shared.rows["signal_event"]:
        return Training(shared)
    runs = [step["run"] for step in shared.steps if "signal_event" in step["written"]]
    events = frames["signal_event"].where(~F.col("run").isin(runs))
    return Training(shared, Unused(events.count(), frames["signal_state"].where("NOT current").count()))


def draw_training(found: Training, settings: ReportSettings) -> Block | None:
    """Bits per byte over tokens trained on, by round and arm; None where no model was trained."""
    facts = found.shared
    turns = order_turns((loss.round, loss.arm) for loss in facts.losses if loss.phase == PHASE_TRAIN)
    if not turns:
        return None
    first = [say("Each point is the mean loss over a stretch of training, as the model was when it learnt from it.")]
    if turns[-1][0] > 1:
        first.append(say("Later rounds go on from the model of the round before."))
    chosen = choose_turns(turns)
    paint = colour_turns(chosen)
    series = [_make_line(facts, turn, paint[turn]) for turn in chosen]
    picture = draw_lines(series, say("Training loss over tokens, by round and arm"), say("tokens trained on"), say("bits per byte"))
    chart = Chart(say("Training loss"), picture, say("Lower is better."), make_keys(chosen, lines=True))
    text = (join_sentences(first), *_describe_unused(found.unused))
    return Block(say("Training"), text, (chart,), (_list_trainings(facts, turns),))


def _describe_unused(unused: Unused) -> tuple[str, ...]:
    """One sentence on what is stored and counts nowhere, if there is any."""
    parts = []
    if unused.events:
        parts.append(
            say(
                "{events} of runs that are out of date (other settings, inputs or texts) or have not ended",
                events=amount(unused.events, "event"),
            )
        )
    if unused.states:
        states = amount(unused.states, "state of a text or label", "states of texts or labels")
        parts.append(say("{states} changed since", states=states))
    if not parts:
        return ()
    return (say("Stored, but not counted in any figure of losses or labels here: {parts}.", parts=join_words(parts)),)


def _make_line(facts: Facts, turn: Turn, role: str) -> Line:
    tokens, xs, ys = 0, [], []
    for point in _join_last([point for point in _find_training(facts, turn) if point.bytes]):
        xs.append(tokens + point.tokens / 2)
        ys.append(point.nats / LN2 / point.bytes)
        tokens += point.tokens
    return Line(tuple(xs), tuple(ys), role, name_turn(turn), dashed=turn[1] != PLAN)


def _find_training(facts: Facts, turn: Turn) -> list[Losses]:
    return [loss for loss in facts.losses if loss.phase == PHASE_TRAIN and (loss.round, loss.arm) == turn]


def _join_last(points: list[Losses]) -> list[Losses]:
    """The points, the last one merged into its neighbour where it covers less than half a stretch."""
    if len(points) < 2 or 2 * points[-1].rows >= points[0].rows:
        return points
    return [*points[:-2], _join_stretches(points[-2:])]


def _join_stretches(points: list[Losses]) -> Losses:
    """All these stretches as one."""
    sums = {field: sum(getattr(point, field) for point in points) for field in SUMS}
    return replace(points[0], **sums, share=min(point.share for point in points))


def _check_losses(planned: int, whole: Losses) -> str:
    if whole.share < 1:
        return say("{share} kept", share=share(whole.share))
    return say("equal" if planned == whole.rows else "NOT EQUAL")


def _list_trainings(facts: Facts, turns: list[Turn]) -> Grid:
    trained = {turn: _join_stretches(_find_training(facts, turn)) for turn in turns}
    rare = [field for field in RARE if any(getattr(whole, field) for whole in trained.values())]
    rows = [(*_write_row(facts, turn, whole), *(count(getattr(whole, field)) for field in rare)) for turn, whole in trained.items()]
    columns = (
        say("training"),
        say("planned"),
        say("loss rows"),
        say("check"),
        say("tokens"),
        say("bits per byte"),
        say("parameters"),
        *(say(RARE[field]) for field in rare),
    )
    return Grid(say("Planned samples and their losses"), columns, tuple(rows), frozenset(columns[1:]) - {columns[3]})


def _write_row(facts: Facts, turn: Turn, whole: Losses) -> tuple[str, ...]:
    model = facts.find_models().get(turn)
    planned = sum(part.rows for part in facts.find_part("draw", *turn).values())
    return (
        name(name_turn(turn)),
        count(planned),
        count(whole.rows),
        _check_losses(planned, whole),
        count(whole.tokens),
        bits(whole.nats / LN2 / whole.bytes) if whole.bytes else "–",
        count(model["parameters"]) if model else "–",
    )


SECTION = Section("training", gather_training, draw_training, reads=(SIGNAL_EVENT, SIGNAL_STATE))
