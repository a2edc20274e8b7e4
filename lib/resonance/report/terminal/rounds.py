"""What `resonance compare` prints: two rounds side by side."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from rich.markup import escape
from rich.table import Table

from resonance.core.errors import ResonanceError
from resonance.core.printable import escape_hidden
from resonance.core.turns import ALL_SLICES, PLAN
from resonance.report.comparison import describe_worth
from resonance.report.facts.looks import count_looks
from resonance.report.wording import bits, difference

COLUMNS = ("slice", "weight in {0}", "in {1}", "×", "held-out bits/byte in {0}", "in {1}", "change")


def compare_rounds(frames: Mapping[str, DataFrame], first: int, second: int) -> list[str | Table]:
    """Whether each of two rounds was worth it, then weights and held-out bits per byte of slices, heaviest in ``second`` first.

    Raises:
        ResonanceError: one of them has no plan.
    """
    plans = frames["plans"].orderBy("round", "slice").collect()
    evaluations = frames["evaluations"].collect()
    checkpoints = frames["checkpoints"].collect()
    rounds = sorted({row["round"] for row in plans})
    for number in (first, second):
        if number not in rounds:
            raise ResonanceError(f"no plan for round {number}: there are plans for rounds {rounds}")
    weights = {(row["round"], row["slice"]): row["weight"] for row in plans}
    held = {(row["round"], row["slice"]): row["bpb"] for row in evaluations if row["arm"] == PLAN}
    names = sorted({slice for number, slice in weights if number in (first, second)})
    table = Table(
        title=f"Rounds {first} and {second}: shares of the token budget, and how well the models do", title_justify="left"
    )
    for column in COLUMNS:
        table.add_column(column.format(first, second), justify="left" if column == "slice" else "right", overflow="fold")
    table.add_row("all slices", "", "", "", *_describe_change(held, ALL_SLICES, first, second))
    for name in sorted(names, key=lambda name: -weights.get((second, name), 0.0)):
        before, after = weights.get((first, name)), weights.get((second, name))
        shares = ("" if share is None else f"{share:.2%}" for share in (before, after))
        factor = f"{after / before:.2f}" if before and after is not None else ""
        table.add_row(escape(escape_hidden(name)), *shares, factor, *_describe_change(held, name, first, second))
    looks = count_looks(frames["sample_weights"], frames["signal_event"], frames["sample_plan"])
    worth = [describe_worth(evaluations, checkpoints, plans, looks, number) for number in (first, second)]
    return [*(line for line in worth if line), table]


def _describe_change(held: Mapping[tuple[int, str], float], name: str, first: int, second: int) -> tuple[str, str, str]:
    """Held-out bits per byte in both rounds and how they changed; empty where a round was not evaluated."""
    before, after = held.get((first, name)), held.get((second, name))
    change = "" if before is None or after is None else difference(after - before)
    return "" if before is None else bits(before), "" if after is None else bits(after), change
