"""The plan against its control arm, in plain words whatever the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isclose
from typing import TYPE_CHECKING

from resonance.core.effect import Effect, judge_effect
from resonance.core.turns import ALL_SLICES, CONTROL, PLAN
from resonance.report.facts.looks import Looks
from resonance.report.language import say
from resonance.report.wording import amount, bits, count, difference, join_sentences

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.report.facts.shared import Facts
    from resonance.report.turns import Turn

WORDS: Mapping[Effect, str] = {
    "better": "lower",
    "worse": "higher",
    "unclear": "no difference visible",
    "unknown": "too few documents",
}
"""How the plan stands to its control arm."""
LABEL = "one seed; without training variance"
UNEQUAL = 0.02
"""Share of tokens by which arms may differ and still be called equal."""
SAME = 1e-9
"""Difference of weights that is rounding."""
VERDICTS = {
    "better": "Round {number} was worth it: the model learnt more from its plan than from drawing as before.",
    "worse": "Round {number} was not worth it: the model learnt less from its plan than from drawing as before. "
    "Its plan is not continued.",
    "unclear": "Round {number} was not visibly worth it: no difference shows between its plan and drawing as before.",
}
MEASURED = {
    "better": "With its plan, held-out bits per byte are lower than those of the control arm{control}; "
    "{difference} ({label}){documents}{tokens}.",
    "worse": "With its plan, held-out bits per byte are higher than those of the control arm{control}; "
    "{difference} ({label}){documents}{tokens}.",
    "unclear": "With its plan, held-out bits per byte are not visibly different from those of the control arm{control}; "
    "{difference} ({label}){documents}{tokens}.",
}


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
    return say(WORDS[judge_effect(row)])


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
        return say("Whether round {number} was worth it is not known: no control arm was evaluated beside it.", number=number)
    if effect == "unknown":
        return say(
            "Whether round {number} was worth it is not known: {few} cannot show a difference from the control arm.",
            number=number,
            few=amount(row["n_compared"] or 0, "held-out document"),
        )
    tokens = _describe_tokens(checkpoints, number)
    if number not in looks.weighed and _keeps_first_weights(plans, number):
        drew = say(
            "Round {number} drew as its control arm did, by the weights of round 1: there was nothing to gain or to lose{tokens}.",
            number=number,
            tokens=tokens,
        )
        return join_sentences((drew, *_describe_reading(looks, number)))
    rival = whole.get((number, CONTROL))
    measured = say(
        MEASURED[effect],
        control=say(" ({figure})", figure=bits(rival["bpb"])) if rival is not None else "",
        difference=_write_difference(row),
        label=say(LABEL),
        documents=_describe_documents(row),
        tokens=tokens,
    )
    return join_sentences((say(VERDICTS[effect], number=number), measured, *_describe_reading(looks, number)))


def _write_difference(row: Row) -> str:
    if row["delta_low"] is None:
        return say("plan − control = {difference}", difference=difference(row["delta"]))
    return say(
        "plan − control = {difference}, 95% interval {low} to {high}",
        difference=difference(row["delta"]),
        low=difference(row["delta_low"]),
        high=difference(row["delta_high"]),
    )


def _keeps_first_weights(plans: Iterable[Row], number: int) -> bool:
    """Whether a round has the weights of round 1, which its control arm has."""
    weights = {(row["round"], row["slice"]): row["weight"] for row in plans if row["round"] in (1, number)}
    names = {name for _, name in weights}
    return bool(names) and all(isclose(weights.get((1, s), 0.0), weights.get((number, s), 0.0), abs_tol=SAME) for s in names)


def _describe_documents(row: Row) -> str:
    """What the comparison is over."""
    documents, left = amount(row["n_compared"], "document"), row["n_suspected"]
    if not left:
        return say(", over {documents}", documents=documents)
    return say(
        ", over {documents}, without {number} whose words probably stand in no order", documents=documents, number=count(left)
    )


def _describe_reading(looks: Looks, number: int) -> Iterator[str]:
    """What was read before the draw, and what was drawn unread; the control arm had nothing read."""
    tokens, (unread, drawn) = looks.read.get(number, 0), looks.unread.get(number, (0, 0))
    if tokens:
        yield say("To choose and to judge documents, a model read {tokens} more before the draw.", tokens=amount(tokens, "token"))
    if unread:
        yield say(
            "{unread} of {drawn} were drawn unread, as too few of those read were left.",
            unread=count(unread),
            drawn=amount(drawn, "sample"),
        )


def _describe_tokens(checkpoints: Iterable[Row], number: int) -> str:
    """What the newest training of each arm read; it is no fair comparison where one read more than the other."""
    ended = [row for row in checkpoints if row["final"] and row["round"] == number]
    tokens = {row["arm"]: row["tokens"] for row in sorted(ended, key=lambda row: row["published_at"])}
    if not {PLAN, CONTROL} <= tokens.keys():
        return ""
    unequal = abs(tokens[PLAN] - tokens[CONTROL]) > UNEQUAL * tokens[CONTROL]
    return say(
        ", from {plan} with the plan and {control} without, which is not the same and may explain a difference"
        if unequal
        else ", from {plan} with the plan and {control} without",
        plan=amount(tokens[PLAN], "token"),
        control=count(tokens[CONTROL]),
    )
