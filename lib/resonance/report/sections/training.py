"""Loss over training, and whether each planned sample left exactly one loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from resonance.report.curves import Line, lines
from resonance.report.parts import Chart, Grid, Section
from resonance.report.turns import called, keys, ordered, roles, shown
from resonance.report.wording import bits, count, name, share

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Facts, Losses
    from resonance.report.turns import Turn

LN2 = math.log(2)


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
    picture = lines(series, "Training loss over tokens, by round and arm", "losses", "tokens trained on", "bits per byte")
    chart = Chart("Training loss", picture, "Lower is better.", keys(chosen, lines=True))
    return Section("training", "Training", (first,), (chart,), (_grid(facts, turns),))


def _line(facts: Facts, turn: Turn, role: str) -> Line:
    tokens, xs, ys = 0, [], []
    for point in _whole(_train(facts, turn)):
        xs.append(tokens + point.tokens / 2)
        ys.append(point.nats / LN2 / max(point.bytes, 1))
        tokens += point.tokens
    return Line(tuple(xs), tuple(ys), role, dashed=turn[1] != "plan")


def _train(facts: Facts, turn: Turn) -> list[Losses]:
    return [loss for loss in facts.losses if loss.phase == "train" and (loss.round, loss.arm) == turn]


def _whole(points: list[Losses]) -> list[Losses]:
    """The points, the last one merged into its neighbour where it covers less than half a stretch."""
    if len(points) < 2 or 2 * points[-1].rows >= points[0].rows:
        return points
    one, two = points[-2:]
    sums = (one.rows + two.rows, one.nats + two.nats, one.tokens + two.tokens, one.bytes + two.bytes)
    return [*points[:-2], type(one)(one.round, one.arm, one.phase, one.stretch, *sums, share=one.share)]


def _check(planned: int, found: int, points: list[Losses]) -> str:
    kept = min((point.share for point in points), default=1.0)
    if kept < 1:
        return f"{share(kept)} kept"
    return "equal" if planned == found else "NOT EQUAL"


def _grid(facts: Facts, turns: list[Turn]) -> Grid:
    size = {(row["round"], row["arm"]): row["parameters"] for row in facts.checkpoints if row["final"]}
    rows = []
    for turn in turns:
        points = _train(facts, turn)
        planned = sum(part.rows for part in facts.part("draw", *turn).values())
        found = sum(point.rows for point in points)
        nats, read = sum(point.nats for point in points), sum(point.bytes for point in points)
        rows.append(
            (
                name(called(turn)),
                count(planned),
                count(found),
                _check(planned, found, points),
                count(sum(point.tokens for point in points)),
                bits(nats / LN2 / max(read, 1)),
                count(size[turn]) if turn in size else "–",
            )
        )
    columns = ("training", "planned", "loss rows", "check", "tokens", "bits per byte", "parameters")
    return Grid("Planned samples and their losses", columns, tuple(rows), frozenset(columns[1:]) - {"check"})
