"""What the next round draws from each slice, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.dots import Mark, draw_dots
from resonance.report.draw.dots import Row as Marks
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.draw.points import Point, draw_points
from resonance.report.language import restate, say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section, take_shared
from resonance.report.turns import name_others, split_largest
from resonance.report.wording import amount, bits, count, join_sentences, name, share

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

MOVERS = ("blue", "orange", "teal", "purple", "grey")
HISTORY = 5
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
    title = say("The plan of round {number}", number=rounds[-1])
    return Block(title, _describe_plan(now, rounds[-1]), tuple(charts), tuple(grids))


def _describe_plan(now: dict[str, Row], number: int) -> tuple[str, ...]:
    row = next(iter(now.values()))
    if row["cost"]:
        cost = name(restate(row["cost"]), REASON_COLUMNS)
        weighting = say("Weighting {weighting} {cost}.", weighting=name(row["policy"]), cost=cost)
    else:
        weighting = say("Weighting {weighting}.", weighting=name(row["policy"]))
    if row["policy"].startswith(DEFAULT):
        weighting = join_sentences((weighting, say(WHY_DEFAULT)))
    if number == 1:
        return (say("Round 1 draws from {slices}.", slices=amount(len(now), "slice")), weighting)
    up = sum(row["weight"] > row["previous"] * 1.0005 for row in now.values())
    down = sum(row["weight"] < row["previous"] * 0.9995 for row in now.values())
    mean = next((row["mean_bpb"] for row in now.values() if row["mean_bpb"] is not None), None)
    first = say(
        "Of {slices}, {more} get more weight than in round {number} and {less} get less.",
        slices=amount(len(now), "slice"),
        more=count(up),
        number=number - 1,
        less=count(down),
    )
    second = "" if mean is None else say("The mean of slices is {mean} bits per byte.", mean=bits(mean))
    return (join_sentences((first, second)), weighting)


def _make_legend() -> tuple[Key, ...]:
    return (Key(say("more"), "blue", "dot"), Key(say("less"), "orange", "dot"))


def _draw_moves(now: dict[str, Row], most: int) -> Chart:
    top, rest = split_largest({s: abs(row["weight"] - row["previous"]) for s, row in now.items()}, most)
    rows = []
    for label in sorted(top, key=lambda s: (now[s]["previous"] - now[s]["weight"], s)):
        before, after = 100 * now[label]["previous"], 100 * now[label]["weight"]
        role = "grey" if after == before else "blue" if after > before else "orange"
        text = f"{share(before / 100)} → {share(after / 100)}"
        rows.append(Marks(label, (Mark(before, role, shape="ring"), Mark(after, role)), text, joined=True))
    label = say("Weight of each slice before and in the new plan")
    picture = draw_dots(rows, label, say("share of the token budget, %"), from_zero=True)
    left = say("Not shown: {others} that moved less.", others=name_others(rest)) if rest else ""
    note = join_sentences((say("Ring: the round before."), left))
    return Chart(say("From the last plan to the next"), picture, note, _make_legend())


def _draw_weighting(now: dict[str, Row]) -> tuple[Chart, ...]:
    seen = [row for row in now.values() if row["bpb"] is not None and row["mean_bpb"] is not None and row["previous"]]
    if not seen:
        return ()
    moved = []
    for row in seen:
        factor = row["weight"] / row["previous"]
        role = "grey" if factor == 1 else "blue" if factor > 1 else "orange"
        moved.append(Point(row["bpb"] - row["mean_bpb"], factor, role, row["slice"]))
    label = say("Change of weight of each slice over its distance from the mean loss")
    over, change = say("bits per byte above the mean of slices"), say("next weight / weight before")
    picture = draw_points(moved, label, over, change, level=1)
    note = say("One dot for each slice. Hard slices are on the right; above 1 a slice gets more.")
    return (Chart(say("What the model found hard, and what the plan does"), picture, note, _make_legend()),)


def _draw_shares(now: dict[str, Row], most: int) -> Chart:
    top, rest = split_largest({s: row["weight"] for s, row in now.items()}, most)
    picture = draw_bars([Bar(s, now[s]["weight"], share(now[s]["weight"])) for s in top], say("Share of the token budget"))
    note = [say("Share of the token budget.")]
    if rest:
        left = share(sum(now[s]["weight"] for s in rest))
        note.append(say("{others} together: {share}.", others=name_others(rest), share=left))
    return Chart(say("Shares of round 1"), picture, join_sentences(note))


def _draw_history(facts: Facts, rounds: list[int], now: dict[str, Row]) -> Chart:
    weights: dict[str, dict[int, float]] = {}
    for row in facts.plans:
        weights.setdefault(row["slice"], {})[row["round"]] = 100 * row["weight"]
    spread = {s: max(found.values()) - min(found.values()) for s, found in weights.items()}
    top, _ = split_largest(spread, len(MOVERS))
    series = [Line(tuple(weights[s]), tuple(weights[s].values()), role, s) for s, role in zip(top, MOVERS, strict=False)]
    picture = draw_lines(series, say("Weights over rounds"), say("round"), say("share of the token budget, %"), whole=True)
    legend = tuple(Key(name(s, 40), role, "line") for s, role in zip(top, MOVERS, strict=False))
    return Chart(say("Slices that moved most"), picture, keys=legend)


def _list_reasons(now: dict[str, Row], most: int) -> Grid:
    top, rest = split_largest({s: max(row["weight"], row["previous"]) for s, row in now.items()}, most)
    rows = []
    for label in top:
        row = now[label]
        seen = bits(row["bpb"]) if row["bpb"] is not None else "–"
        rows.append((name(label), share(row["previous"]), share(row["weight"]), seen, name(restate(row["reason"]), REASON_COLUMNS)))
    note = ""
    if rest:
        note = say(
            "The {number} heaviest slices. {others} together get {share}.",
            number=len(top),
            others=name_others(rest),
            share=share(sum(now[s]["weight"] for s in rest)),
        )
    columns = (say("slice"), say("before"), say("next"), say("bits per byte"), say("why"))
    return Grid(say("Reasons"), columns, tuple(rows), frozenset(columns[1:4]), cards=True, note=note)


def _list_weights(facts: Facts, rounds: list[int], now: dict[str, Row], most: int) -> Grid:
    chosen = rounds if len(rounds) <= HISTORY else [rounds[0], *rounds[1 - HISTORY :]]
    weights = {(row["round"], row["slice"]): row["weight"] for row in facts.plans}
    top, rest = split_largest({s: row["weight"] for s, row in now.items()}, most)
    rows = [(name(s), *(share(weights[r, s]) if (r, s) in weights else "–" for r in chosen)) for s in top]
    if rest:
        rows.append((name_others(rest), *(share(sum(weights.get((r, s), 0.0) for s in rest)) for r in chosen)))
    columns = (say("slice"), *(say("round {number}", number=number) for number in chosen))
    return Grid(say("Weights by round"), columns, tuple(rows), frozenset(columns[1:]))


SECTION = Section("plan", take_shared, draw_plan)
