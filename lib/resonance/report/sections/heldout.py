"""Bits per byte of documents that no training saw: by slice, round and arm, and the plan against its control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from resonance.core.effect import FEW, Effect, judge_effect
from resonance.core.turns import ALL_SLICES, CONTROL, PLAN
from resonance.report.comparison import LABEL, WORDS, find_compared, find_evaluations, judge_difference
from resonance.report.draw.dots import Mark, draw_dots
from resonance.report.draw.dots import Row as Marks
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section, take_shared
from resonance.report.turns import choose_turns, colour_turns, make_keys, name_arm, name_others, order_turns, split_largest
from resonance.report.wording import amount, bits, count, difference, join_sentences, name, share

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts
from resonance.report.turns import Turn

SIDE: Mapping[Effect, str] = {"better": "teal", "worse": "orange", "unclear": "grey", "unknown": "grey"}
"""Colours of effects."""


def draw_heldout(facts: Facts, settings: ReportSettings) -> Block | None:
    """Held-out results and the paired difference; None where no model was evaluated."""
    if not facts.evaluations:
        return None
    turns = order_turns((row["round"], row["arm"]) for row in facts.evaluations)
    scores = {turn: find_evaluations(facts, turn) for turn in turns}
    newest = scores[turns[-1]]
    top, rest = split_largest({s: row["n_bytes"] for s, row in newest.items() if s != ALL_SLICES}, settings.top_slices)
    text = [
        say(
            "Held-out documents were set aside by their duplicate cluster before round 1: no training drew them, no plan read "
            "them. Lines are 95% bootstrap intervals over documents; lower is better."
        )
    ]
    if rest:
        text.append(
            say(
                "The {number} largest slices are shown; the other {slices} are pooled by bytes, without an interval.",
                number=len(top),
                slices=amount(len(rest), "slice"),
            )
        )
    charts = [_draw_rounds(scores, turns), _draw_slices(scores, choose_turns(turns), top, rest)]
    round_ = find_compared(facts)
    grids = []
    if round_ is not None:
        rows = find_evaluations(facts, (round_, PLAN))
        text.append(
            say(
                "Round {number} was trained twice: after its plan, and as a control with the weights of round 1 ({label}). "
                "Documents whose words probably stand in no order do not count in the difference, and one of n alike texts counts "
                "as an n-th.",
                number=round_,
                label=say(LABEL),
            )
        )
        charts.append(_draw_difference(rows, round_, settings.top_slices))
        grids.append(_list_slices(rows, find_evaluations(facts, (round_, CONTROL)), settings.top_slices))
    return Block(say("Held-out bits per byte"), tuple(text), tuple(charts), tuple(grids))


def _draw_rounds(scores: dict[Turn, dict[str, Row]], turns: list[Turn]) -> Chart:
    series = []
    for arm, role in ((PLAN, "blue"), (CONTROL, "orange")):
        rows = [(turn[0], scores[turn][ALL_SLICES]) for turn in turns if turn[1] == arm and ALL_SLICES in scores[turn]]
        if rows:
            shift = 0.04 if arm == CONTROL else 0.0
            xs, ys = tuple(number + shift for number, _ in rows), tuple(row["bpb"] for _, row in rows)
            intervals = tuple((row["low"], row["high"]) for _, row in rows)
            series.append(Line(xs, ys, role, name_arm(arm), arm == CONTROL, intervals))
    label = say("Held-out bits per byte of all slices, by round")
    picture = draw_lines(series, label, say("round"), say("bits per byte"), whole=True)
    legend = (Key(name_arm(PLAN), "blue", "line"), Key(name_arm(CONTROL), "orange", "dash"))
    return Chart(say("All slices together"), picture, say("Lower is better."), legend[: len(series)])


def _draw_slices(scores: dict[Turn, dict[str, Row]], turns: list[Turn], top: list[str], rest: list[str]) -> Chart:
    paint = colour_turns(turns)
    order = sorted(top, key=lambda s: (-scores[turns[-1]][s]["bpb"], s))
    rows = []
    for label in order:
        found = [(turn, scores[turn][label]) for turn in turns if label in scores[turn]]
        rows.append(Marks(label, tuple(_mark_interval(row, "bpb", "low", "high", paint[turn]) for turn, row in found)))
    if rest:
        pooled = [(turn, _pool_slices([scores[turn][s] for s in rest if s in scores[turn]], "bpb")) for turn in turns]
        rows.append(Marks(name_others(rest), tuple(Mark(value, paint[turn]) for turn, value in pooled if value is not None)))
    picture = draw_dots(rows, say("Held-out bits per byte of each slice, by round and arm"), say("bits per byte"))
    note = say("Hardest slices first. Rings: fewer than {number} documents, so no interval.", number=FEW)
    return Chart(say("By slice"), picture, note, make_keys(turns))


def _draw_difference(rows: dict[str, Row], round_: int, most: int) -> Chart:
    known = {s: row for s, row in rows.items() if row["delta"] is not None and s != ALL_SLICES}
    top, rest = split_largest({s: row["n_bytes"] for s, row in known.items()}, most)
    chart = []
    order = [ALL_SLICES, *sorted(top, key=lambda s: (rows[s]["delta"], s))]
    for label in order:
        row = rows.get(label)
        if row is not None and row["delta"] is not None:
            mark = _mark_interval(row, "delta", "delta_low", "delta_high", SIDE[judge_effect(row)], "n_compared")
            chart.append(Marks(say("all slices") if label == ALL_SLICES else label, (mark,), difference(row["delta"])))
    pooled = _pool_slices([rows[s] for s in rest], "delta")
    if pooled is not None:
        chart.append(Marks(name_others(rest), (Mark(pooled, "grey"),), difference(pooled)))
    label = say("Held-out bits per byte, plan minus control, by slice")
    picture = draw_dots(chart, label, say("bits per byte, plan − control"), zero=True)
    legend = tuple(Key(say(WORDS[effect]), role, "ring" if effect == "unknown" else "dot") for effect, role in SIDE.items())
    note = say("Paired over documents, 95% intervals: {label}.", label=say(LABEL))
    return Chart(say("Round {number}: plan − control", number=round_), picture, note, legend)


def _mark_interval(row: Row, value: str, low: str, high: str, role: str, documents: str = "n_docs") -> Mark:
    """A dot with its interval; a ring without one if there are too few documents."""
    if (row[documents] or 0) < FEW:
        return Mark(row[value], role, shape="ring")
    return Mark(row[value], role, row[low], row[high])


def _pool_slices(rows: list[Row], column: str) -> float | None:
    weights = [(row["n_bytes"], row[column]) for row in rows if row[column] is not None]
    whole = sum(weight for weight, _ in weights)
    return sum(weight * value for weight, value in weights) / whole if whole else None


def _list_slices(rows: dict[str, Row], control: dict[str, Row], most: int) -> Grid:
    top, rest = split_largest({s: row["n_bytes"] for s, row in rows.items() if s != ALL_SLICES}, most)
    listed = ([ALL_SLICES] if ALL_SLICES in rows else []) + top
    cells: tuple[tuple[str, ...], ...] = tuple(_write_cells(s, rows[s], control.get(s)) for s in listed)
    columns: tuple[str, ...] = (
        say("slice"),
        say("documents"),
        name_arm(PLAN),
        name_arm(CONTROL),
        say("plan − control"),
        say("95% interval"),
        say("the plan is"),
    )
    if any(rows[s]["accuracy"] is not None for s in listed):
        cells = tuple((*line, *_write_accuracies(rows[s], control.get(s))) for s, line in zip(listed, cells, strict=True))
        columns += (say("labels right, plan"), say("labels right, control"))
    note = [say("Bits per byte; {label}.", label=say(LABEL))]
    if rest:
        note.append(say("{others} not listed.", others=name_others(rest)))
    numbers = frozenset((*columns[1:6], *columns[7:]))
    return Grid(say("Plan against control"), columns, cells, numbers, note=join_sentences(note))


def _write_cells(label: str, row: Row, rival: Row | None) -> tuple[str, ...]:
    there, interval = row["delta"] is not None, "–"
    if there and row["delta_low"] is not None:
        interval = say("{low} to {high}", low=difference(row["delta_low"]), high=difference(row["delta_high"]))
    return (
        say("all slices") if label == ALL_SLICES else name(label),
        count(row["n_docs"]),
        bits(row["bpb"]),
        bits(rival["bpb"]) if rival is not None else "–",
        difference(row["delta"]) if there else "–",
        interval,
        judge_difference(row) if there else say("not compared"),
    )


def _write_accuracies(*rows: Row | None) -> tuple[str, ...]:
    """Shares of labels that each arm's model names first."""
    return tuple("–" if row is None or row["accuracy"] is None else share(row["accuracy"]) for row in rows)


SECTION = Section("held-out", take_shared, draw_heldout)
