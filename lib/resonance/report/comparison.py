"""The plan against its control arm, in plain words whatever the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.core.turns import ALL_SLICES, CONTROL, PLAN
from resonance.report.wording import amount, bits, difference, minus

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.report.facts.shared import Facts
    from resonance.report.turns import Turn

FEW = 5
"""With fewer documents a bootstrap over documents means little; with one, its interval has no width."""
UNKNOWN = "too few documents"
LABEL = "one seed; without training variance"


def find_evaluations(facts: Facts, turn: Turn) -> dict[str, Row]:
    """Evaluations of one round and arm."""
    return {row["slice"]: row for row in facts.evaluations if (row["round"], row["arm"]) == turn}


def find_compared(facts: Facts) -> int | None:
    """The newest round whose plan was compared with a control arm."""
    rounds = [row["round"] for row in facts.evaluations if row["arm"] == PLAN and row["delta"] is not None]
    return max(rounds, default=None)


def judge_difference(row: Row) -> str:
    """``lower`` or ``higher`` where the whole interval lies on that side of zero, else ``no difference visible``.

    ``too few documents`` where there are fewer than ``FEW``.
    """
    if row["n_docs"] < FEW:
        return UNKNOWN
    if row["delta_low"] is None or row["delta_high"] is None:
        return "no difference visible"
    if row["delta_high"] < 0:
        return "lower"
    return "higher" if row["delta_low"] > 0 else "no difference visible"


def describe_outcome(facts: Facts) -> str:
    """One sentence about the newest round that has a control arm, or that no round has one."""
    number = find_compared(facts)
    row = find_evaluations(facts, (number, PLAN)).get(ALL_SLICES) if number is not None else None
    if row is None or row["delta"] is None:
        return "No control arm was evaluated, so the effect of the plan is unknown."
    verdict = judge_difference(row)
    if verdict == UNKNOWN:
        few = amount(row["n_docs"], "held-out document")
        return f"Round {number} with its plan: {few} cannot show a difference from the control arm."
    words = f"{verdict} than" if verdict in ("lower", "higher") else "not visibly different from"
    rival = find_evaluations(facts, (row["round"], CONTROL)).get(ALL_SLICES)
    with_ = f" ({bits(rival['bpb'])})" if rival is not None else ""
    text = (
        f"Round {number} with its plan: held-out bits per byte are {words} those of the control arm{with_}, "
        f"plan − control = {difference(row['delta'])}"
    )
    if row["delta_low"] is not None:
        text += f", 95% interval {difference(row['delta_low'])} to {difference(row['delta_high'])}"
    plainly = "no difference visible; " if verdict not in ("lower", "higher") else ""
    return minus(f"{text} ({plainly}{LABEL}).")
