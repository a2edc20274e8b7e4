"""The twelve groups as a chart, and the 36 metrics with their states."""

from __future__ import annotations

from resonance.core.adaq import GROUPS, METRICS
from resonance.core.quality import Quality, Score
from resonance.report.assessment.names import name_group, name_metric, name_state, write_coverage
from resonance.report.draw.dots import Mark, Row, draw_dots
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.wording import share, write_score

VIEWS = (("documentation", (11, 12)), ("data", tuple(range(1, 11))))
"""Groups by what they are about; the effect on a model is the third gate."""


def draw_groups(quality: Quality) -> Block:
    """Groups and metrics with score, interval, coverage and weight."""
    text = say(
        "Each score is between 0 and 1, and 1 is good. Lines run from all that was not measured at 0 to all of it at 1; figures "
        "are coverage. A group without a dot was not measured."
    )
    views = say(
        "By view: documentation (groups 11 and 12) {documents}, data (groups 1 to 10) {data}; the effect on a model is gate 3.",
        **{
            key: write_score(value)
            for key, value in zip(("documents", "data"), (weigh_view(quality, of) for _, of in VIEWS), strict=True)
        },
    )
    return Block(say("Groups and metrics"), (text, views), (_draw_chart(quality),), (_list_metrics(quality),))


def weigh_view(quality: Quality, groups: tuple[int, ...]) -> float | None:
    """The score of some groups together, by their weights."""
    known = [(quality.profile.groups[number], value) for number in groups if (value := quality.groups[number].value) is not None]
    whole = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / whole if whole else None


def _draw_chart(quality: Quality) -> Chart:
    rows = [
        Row(name_group(group.number), _mark(quality.groups[group.number]), _note(quality.groups[group.number])) for group in GROUPS
    ]
    picture = draw_dots(rows, say("Score of each group"), say("score"), from_zero=True)
    keys = (Key(say("scored"), "blue", "dot"), Key(say("not measured"), "grey", "ring"))
    return Chart(say("Twelve groups"), picture, say("Figures: coverage."), keys)


def _mark(score: Score) -> tuple[Mark, ...]:
    if score.state == "not_applicable":
        return ()
    if score.value is None:
        return (Mark(0.0, "grey", score.low, score.high, "ring"),)
    return (Mark(score.value, "blue", score.low, score.high),)


def _note(score: Score) -> str:
    return say("n/a") if score.state == "not_applicable" else share(score.coverage)


def _list_metrics(quality: Quality) -> Grid:
    rows = []
    for group in GROUPS:
        score = quality.groups[group.number]
        rows.append((name_group(group.number), *_cells(score), _weigh(quality.profile.groups[group.number])))
        for metric in METRICS:
            if metric.group == group.number:
                own = quality.metrics[metric.number]
                rows.append((f"· {name_metric(metric.number)}", *_cells(own), _weigh(quality.profile.metrics[metric.number])))
    columns = (say("group, metric"), say("score"), say("interval"), say("coverage"), say("state"), say("weight"))
    note = say(
        "Weights are those of profile {profile}: of groups in the total, of metrics in their group.", profile=quality.profile.title
    )
    return Grid(say("36 metrics"), columns, tuple(rows), frozenset({columns[1], columns[3], columns[5]}), note=note, whole=True)


def _cells(score: Score) -> tuple[str, str, str, str]:
    span = "–" if score.state == "not_applicable" else f"{write_score(score.low)} – {write_score(score.high)}"
    return write_score(score.value), span, write_coverage(score), name_state(score.state, score)


def _weigh(weight: float) -> str:
    return f"{weight:g}%"
