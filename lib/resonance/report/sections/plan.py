"""What the next round draws from each slice, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.dots import Mark, draw_dots
from resonance.report.draw.dots import Row as Marks
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.draw.points import Point, draw_points
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section, take_shared
from resonance.report.turns import name_others, split_largest
from resonance.report.wording import amount, bits, count, name, plain, share

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

MOVERS = ("blue", "orange", "teal", "purple", "grey")
HISTORY = 5
LEGEND = (Key("more", "blue", "dot"), Key("less", "orange", "dot"))
REASON_COLUMNS = 240
DEFAULT = "stratified@"
WHY_DEFAULT = (
    "Equal shares are the default: no weighting that follows losses has been shown to give a better model for the same tokens, and "
    "what is hard is often junk."
)


def draw_plan(facts: Facts, settings: ReportSettings) -> Block | None:
    """The newest plan with its reasons, and how weights moved over rounds; None where there is no plan."""
    if not facts.plans:
        return None
    rounds = sorted({row["round"] for row in facts.plans})
    now = {row["slice"]: row for row in facts.plans if row["round"] == rounds[-1]}
    charts = [_draw_moves(now, settings.top_slices) if rounds[-1] > 1 else _draw_shares(now, settings.top_slices)]
    if len(rounds) > 1:
        charts += [*_draw_weighting(now), _draw_history(facts, rounds, now)]
    grids = [_list_reasons(now, settings.top_slices)]
    if len(rounds) > 1:
        grids.append(_list_weights(facts, rounds, now, settings.top_slices))
    return Block(f"The plan of round {rounds[-1]}", _describe_plan(now, rounds[-1]), tuple(charts), tuple(grids))


def _describe_plan(now: dict[str, Row], number: int) -> tuple[str, ...]:
    row = next(iter(now.values()))
    weighting = f"Weighting {name(row['policy'])}" + (f" {name(row['cost'], REASON_COLUMNS)}." if row["cost"] else ".")
    if row["policy"].startswith(DEFAULT):
        weighting = f"{weighting} {WHY_DEFAULT}"
    if number == 1:
        return (f"Round 1 draws from {amount(len(now), 'slice')}.", weighting)
    up = sum(row["weight"] > row["previous"] * 1.0005 for row in now.values())
    down = sum(row["weight"] < row["previous"] * 0.9995 for row in now.values())
    mean = next((row["mean_bpb"] for row in now.values() if row["mean_bpb"] is not None), None)
    first = f"Of {amount(len(now), 'slice')}, {count(up)} get more weight than in round {number - 1} and {count(down)} get less."
    return (first, weighting) if mean is None else (f"{first} The mean of slices is {bits(mean)} bits per byte.", weighting)


def _draw_moves(now: dict[str, Row], most: int) -> Chart:
    top, rest = split_largest({s: abs(row["weight"] - row["previous"]) for s, row in now.items()}, most)
    rows = []
    for label in sorted(top, key=lambda s: (now[s]["previous"] - now[s]["weight"], s)):
        before, after = 100 * now[label]["previous"], 100 * now[label]["weight"]
        role = "grey" if after == before else "blue" if after > before else "orange"
        text = f"{share(before / 100)} → {share(after / 100)}"
        rows.append(Marks(label, (Mark(before, role, shape="ring"), Mark(after, role)), text, joined=True))
    picture = draw_dots(rows, "Weight of each slice before and in the new plan", "share of the token budget, %", from_zero=True)
    note = "Ring: the round before." + (f" Not shown: {name_others(rest)} that moved less." if rest else "")
    return Chart("From the last plan to the next", picture, note, LEGEND)


def _draw_weighting(now: dict[str, Row]) -> tuple[Chart, ...]:
    seen = [row for row in now.values() if row["bpb"] is not None and row["mean_bpb"] is not None and row["previous"]]
    if not seen:
        return ()
    moved = []
    for row in seen:
        factor = row["weight"] / row["previous"]
        role = "grey" if factor == 1 else "blue" if factor > 1 else "orange"
        moved.append(Point(row["bpb"] - row["mean_bpb"], factor, role, row["slice"]))
    label = "Change of weight of each slice over its distance from the mean loss"
    picture = draw_points(moved, label, "bits per byte above the mean of slices", "next weight / weight before", level=1)
    note = "One dot for each slice. Hard slices are on the right; above 1 a slice gets more."
    return (Chart("What the model found hard, and what the plan does", picture, note, LEGEND),)


def _draw_shares(now: dict[str, Row], most: int) -> Chart:
    top, rest = split_largest({s: row["weight"] for s, row in now.items()}, most)
    picture = draw_bars([Bar(s, now[s]["weight"], share(now[s]["weight"])) for s in top], "Share of the token budget")
    note = "Share of the token budget."
    if rest:
        note += f" {name_others(rest).capitalize()} together: {share(sum(now[s]['weight'] for s in rest))}."
    return Chart("Shares of round 1", picture, note)


def _draw_history(facts: Facts, rounds: list[int], now: dict[str, Row]) -> Chart:
    weights: dict[str, dict[int, float]] = {}
    for row in facts.plans:
        weights.setdefault(row["slice"], {})[row["round"]] = 100 * row["weight"]
    spread = {s: max(found.values()) - min(found.values()) for s, found in weights.items()}
    top, _ = split_largest(spread, len(MOVERS))
    series = [Line(tuple(weights[s]), tuple(weights[s].values()), role, s) for s, role in zip(top, MOVERS, strict=False)]
    picture = draw_lines(series, "Weights over rounds", "round", "share of the token budget, %", whole=True)
    legend = tuple(Key(name(s, 40), role, "line") for s, role in zip(top, MOVERS, strict=False))
    return Chart("Slices that moved most", picture, keys=legend)


def _list_reasons(now: dict[str, Row], most: int) -> Grid:
    top, rest = split_largest({s: max(row["weight"], row["previous"]) for s, row in now.items()}, most)
    rows = []
    for label in top:
        row = now[label]
        seen = bits(row["bpb"]) if row["bpb"] is not None else "–"
        rows.append((name(label), share(row["previous"]), share(row["weight"]), seen, name(row["reason"], REASON_COLUMNS)))
    note = ""
    if rest:
        left = sum(now[s]["weight"] for s in rest)
        note = f"The {len(top)} heaviest slices. {name_others(rest).capitalize()} together get {share(left)}."
    columns = ("slice", "before", "next", "bits per byte", "why")
    return Grid("Reasons", columns, tuple(rows), frozenset(columns[1:4]), cards=True, note=note)


def _list_weights(facts: Facts, rounds: list[int], now: dict[str, Row], most: int) -> Grid:
    chosen = rounds if len(rounds) <= HISTORY else [rounds[0], *rounds[1 - HISTORY :]]
    weights = {(row["round"], row["slice"]): row["weight"] for row in facts.plans}
    top, rest = split_largest({s: row["weight"] for s, row in now.items()}, most)
    rows = [(name(s), *(share(weights[r, s]) if (r, s) in weights else "–" for r in chosen)) for s in top]
    if rest:
        rows.append((name_others(rest), *(share(sum(weights.get((r, s), 0.0) for s in rest)) for r in chosen)))
    columns = ("slice", *(f"round {r}" for r in chosen))
    return Grid(plain("Weights by round"), columns, tuple(rows), frozenset(columns[1:]))


SECTION = Section("plan", take_shared, draw_plan)
