"""The plan against its control arm, in plain words whatever the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isclose
from typing import TYPE_CHECKING

from resonance.core.effect import Effect, judge_effect
from resonance.core.turns import ALL_SLICES, CONTROL, PLAN
from resonance.report.facts.looks import Looks
from resonance.report.wording import amount, bits, count, difference, minus

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.report.facts.shared import Facts
    from resonance.report.turns import Turn

UNKNOWN = "too few documents"
WORDS: Mapping[Effect, str] = {"better": "lower", "worse": "higher", "unclear": "no difference visible", "unknown": UNKNOWN}
LABEL = "one seed; without training variance"
UNEQUAL = 0.02
"""Share of tokens by which arms may differ and still be called equal."""
SAME = 1e-9
"""Difference of weights that is rounding."""
OUTCOMES = {
    "better": ("was worth it: the model learnt more from its plan than from drawing as before", "lower than", ""),
    "worse": (
        "was not worth it: the model learnt less from its plan than from drawing as before",
        "higher than",
        " Its plan is not continued.",
    ),
    "unclear": (
        "was not visibly worth it: no difference shows between its plan and drawing as before",
        "not visibly different from",
        "",
    ),
}
"""By effect: the verdict, how the plan stands to its control arm, and what follows."""


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
    return WORDS[judge_effect(row)]


def describe_worth(
    evaluations: Iterable[Row], checkpoints: Iterable[Row], plans: Iterable[Row], looks: Looks, number: int | None = None
) -> str:
    """Whether a round was worth it, in one plain sentence; then what its plan measured against the control arm, and at which cost.

    Empty where the round was not evaluated.

    Args:
        evaluations: rows of that table.
        checkpoints: rows of that table.
        plans: rows of that table.
        looks: what rounds did besides drawing by weights of slices.
        number: the round; the newest that was evaluated where none is given.
    """
    whole = {(row["round"], row["arm"]): row for row in evaluations if row["slice"] == ALL_SLICES}
    if number is None:
        number = max((turn[0] for turn in whole if turn[1] == PLAN), default=0)
    if (number, PLAN) not in whole:
        return ""
    row = whole[number, PLAN]
    effect = judge_effect(row)
    if row["delta"] is None:
        return f"Whether round {number} was worth it is not known: no control arm was evaluated beside it."
    if effect == "unknown":
        few = amount(row["n_compared"] or 0, "held-out document")
        return f"Whether round {number} was worth it is not known: {few} cannot show a difference from the control arm."
    if number not in looks.weighed and _keeps_first_weights(plans, number):
        return (
            f"Round {number} drew as its control arm did, by the weights of round 1: there was nothing to gain or to lose"
            f"{_describe_tokens(checkpoints, number)}.{_describe_reading(looks, number)}"
        )
    verdict, side, after = OUTCOMES[effect]
    rival = whole.get((number, CONTROL))
    with_ = f" ({bits(rival['bpb'])})" if rival is not None else ""
    measured = f"plan − control = {difference(row['delta'])}"
    if row["delta_low"] is not None:
        measured += f", 95% interval {difference(row['delta_low'])} to {difference(row['delta_high'])}"
    return minus(
        f"Round {number} {verdict}.{after} With its plan, held-out bits per byte are {side} those of the control arm{with_}; "
        f"{measured} ({LABEL}){_describe_documents(row)}{_describe_tokens(checkpoints, number)}.{_describe_reading(looks, number)}"
    )


def _keeps_first_weights(plans: Iterable[Row], number: int) -> bool:
    """Whether a round has the weights of round 1, which its control arm has."""
    weights = {(row["round"], row["slice"]): row["weight"] for row in plans if row["round"] in (1, number)}
    names = {name for _, name in weights}
    return bool(names) and all(isclose(weights.get((1, s), 0.0), weights.get((number, s), 0.0), abs_tol=SAME) for s in names)


def _describe_documents(row: Row) -> str:
    """What the comparison is over."""
    said = f", over {amount(row['n_compared'], 'document')}"
    left = row["n_suspected"]
    return f"{said}, without {count(left)} whose words probably stand in no order" if left else said


def _describe_reading(looks: Looks, number: int) -> str:
    """What was read before the draw, and what was drawn unread; the control arm had nothing read."""
    tokens, (unread, drawn) = looks.read.get(number, 0), looks.unread.get(number, (0, 0))
    said = f" To choose and to judge documents, a model read {amount(tokens, 'token')} more before the draw." if tokens else ""
    if not unread:
        return said
    return f"{said} {count(unread)} of {amount(drawn, 'sample')} were drawn unread, as too few of those read were left."


def _describe_tokens(checkpoints: Iterable[Row], number: int) -> str:
    """What the newest training of each arm read; it is no fair comparison where one read more than the other."""
    ended = [row for row in checkpoints if row["final"] and row["round"] == number]
    tokens = {row["arm"]: row["tokens"] for row in sorted(ended, key=lambda row: row["published_at"])}
    if not {PLAN, CONTROL} <= tokens.keys():
        return ""
    said = f", from {amount(tokens[PLAN], 'token')} with the plan and {count(tokens[CONTROL])} without"
    unequal = abs(tokens[PLAN] - tokens[CONTROL]) > UNEQUAL * tokens[CONTROL]
    return f"{said}, which is not the same and may explain a difference" if unequal else said
