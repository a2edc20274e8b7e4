"""The ladder of a search: many trials on little text, the better half on twice as much, until one is left; and what it costs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from resonance.control.search.engines import Engine
from resonance.control.search.looks import LOOKS
from resonance.core.errors import InputError
from resonance.core.search import Search, Tried, Values


class Rung(NamedTuple):
    """How many trials stand on a rung, on which part of the search's tokens, with how many seeds each."""

    trials: int
    part: float
    seeds: int


RUNGS: Final = (Rung(16, 1 / 8, 1), Rung(8, 1 / 4, 1), Rung(4, 1 / 2, 2), Rung(2, 1.0, 3))
"""Successive halving: Jamieson and Talwalkar 2015, "Non-stochastic Best Arm Identification" (arXiv 1502.07943)."""
SHADOW: Final = 64
"""Trials of rung 0, which trains nothing: each reads the gains of what it keeps."""


@dataclass(frozen=True)
class Cost:
    """What a campaign trains at most.

    Args:
        trainings: of the search, and of the verification if it goes to its last look.
        tokens: of the search.
        verification: tokens of the verification.
    """

    trainings: int
    tokens: int
    verification: int

    @property
    def total(self) -> int:
        """Tokens of both."""
        return self.tokens + self.verification


@dataclass(frozen=True)
class Outcome:
    """What one training of a trial, or its look at gains, came to.

    Args:
        objective: mean bits per byte over protected slices, lower is better; on rung 0 minus the mean gain. None where infeasible.
        reason: why it is infeasible; empty where it is not.
    """

    objective: float | None
    reason: str = ""


class Asked(NamedTuple):
    """One measurement of a trial.

    Args:
        number: of the trial.
        rung: that it stands on.
        place: the number of its seed.
        values: of its thresholds.
    """

    number: int
    rung: int
    place: int
    values: Values


Measure = Callable[[Sequence[Asked]], Sequence[Outcome]]
"""The outcomes of measurements, in their order. None of them depends on another one, so that they may be made side by side. What
was measured before is read back."""


def count_cost(search: Search) -> Cost:
    """What the search and its verification train at most."""
    tokens = sum(rung.trials * rung.seeds * round(rung.part * search.tokens) for rung in RUNGS)
    seeds = LOOKS[-1].seeds
    return Cost(sum(rung.trials * rung.seeds for rung in RUNGS) + 2 * seeds, tokens, 2 * seeds * search.tokens)


def refuse_cost(search: Search, seconds: float | None) -> None:
    """Hold the cost against the budget.

    Args:
        search: with its budget.
        seconds: that the campaign is expected to take; None where nothing was trained yet that would tell.

    Raises:
        InputError: it is above.
    """
    cost, allowed = count_cost(search), search.budget
    first = RUNGS[0].trials * round(RUNGS[0].part * search.tokens)
    if allowed.tokens < first:
        raise InputError(
            f"search {search.name}: its first rung alone trains {first:,} tokens, budget.tokens allows {allowed.tokens:,}: "
            "raise it, or lower search.tokens"
        )
    if allowed.tokens < cost.total:
        raise InputError(
            f"search {search.name}: it trains up to {cost.total:,} tokens ({cost.tokens:,} to search, {cost.verification:,} to "
            f"verify), budget.tokens allows {allowed.tokens:,}: raise it, or lower search.tokens"
        )
    if seconds is not None and seconds > allowed.seconds:
        raise InputError(
            f"search {search.name}: it is expected to take {seconds:,.0f} seconds, budget.seconds allows {allowed.seconds:,.0f}: "
            "raise it, or lower search.tokens"
        )


def make_seed(campaign: str, purpose: str, number: int) -> int:
    """A seed of a campaign: those of other campaigns, and of another purpose in the same, have nothing to do with it."""
    return int.from_bytes(hashlib.blake2b(f"{campaign} {purpose} {number}".encode(), digest_size=4).digest(), "big") >> 1


def refuse_seeds(campaign: str, fresh: Sequence[int], used: Collection[int]) -> None:
    """Hold the seeds of a verification against those that searches and earlier verifications trained with.

    Raises:
        InputError: one was used before: what chose a candidate would judge it.
    """
    if again := sorted(set(fresh) & set(used)):
        raise InputError(f"campaign {campaign}: seed {again[0]} was used before: a verification needs fresh seeds; search again")


def climb(search: Search, propose: Engine, measure: Measure, *, has_gains: bool) -> tuple[int, Values]:
    """The number and the values of the trial that is left on the last rung.

    Where gains of texts are known, SHADOW trials are proposed by what they gain; the best of them start to climb. Else the first
    rung itself tells the engine. Of equal trials the earlier one goes on. A rung that would leave none of its trials out is passed
    over: the one above it tells more.

    Raises:
        InputError: no trial is feasible.
    """
    proposed: list[tuple[int, Values]] = []
    past: list[Tried] = []
    begin = 0 if has_gains else 1
    reasons: dict[str, int] = {}
    for number in range(1, (SHADOW if has_gains else RUNGS[0].trials) + 1):
        values = propose(search, past)
        (outcome,) = measure([Asked(number, begin, 0, values)])
        past.append(Tried(values, outcome.objective))
        proposed.append((number, values))
        if outcome.reason:
            reasons[outcome.reason] = reasons.get(outcome.reason, 0) + 1
    scores = {number: tried.objective for (number, _), tried in zip(proposed, past, strict=True)}
    left = choose_best(proposed, scores, RUNGS[0 if has_gains else 1].trials)
    for at, rung in enumerate(RUNGS[0 if has_gains else 1 :], 1 if has_gains else 2):
        room = RUNGS[at].trials if at < len(RUNGS) else 1
        if len(left) <= room and at < len(RUNGS):
            continue
        asked = [Asked(number, at, place, values) for number, values in left for place in range(rung.seeds)]
        found: dict[int, list[Outcome]] = {}
        for one, outcome in zip(asked, measure(asked), strict=True):
            found.setdefault(one.number, []).append(outcome)
        scores = {number: average(outcomes) for number, outcomes in found.items()}
        for outcome in (told for outcomes in found.values() for told in outcomes if told.reason):
            reasons[outcome.reason] = reasons.get(outcome.reason, 0) + 1
        left = choose_best(left, scores, room)
        if not left:
            break
    if not left:
        said = "; ".join(f"{many} times: {reason}" for reason, many in sorted(reasons.items(), key=lambda one: -one[1])[:3])
        raise InputError(f"search {search.name}: no trial is feasible ({said}); widen its space")
    return left[0]


def average(outcomes: Sequence[Outcome]) -> float | None:
    """The mean objective; None where one of them is infeasible."""
    held = [outcome.objective for outcome in outcomes]
    return None if any(one is None for one in held) else sum(one for one in held if one is not None) / len(held)


def choose_best(trials: Sequence[tuple[int, Values]], scores: Mapping[int, float | None], many: int) -> list[tuple[int, Values]]:
    """The feasible trials with the lowest scores, of equal values one; as many as are asked for, or fewer."""
    feasible = sorted((score, number) for number, score in scores.items() if score is not None)
    values, seen, chosen = dict(trials), set[tuple[tuple[str, float], ...]](), []
    for _, number in feasible:
        key = tuple(sorted(values[number].items()))
        if key not in seen:
            seen.add(key)
            chosen.append((number, values[number]))
    return chosen[:many]
