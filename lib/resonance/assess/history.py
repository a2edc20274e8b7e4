"""Holds an assessment against earlier ones of the same dataset: which scores stand apart, which distributions moved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from resonance.assess.mappings import find_divergence
from resonance.core.binding import Bound
from resonance.core.hashes import hash_text
from resonance.core.parts import State

FEWEST = 5
"""Earlier assessments without which no score is called unusual."""
MOST = 20
"""The newest ones that are looked at."""
FAR = 3.5
"""Robust standard deviations from which a score stands apart. Iglewicz and Hoaglin 1993."""
MOVED = 0.1
"""Bits of divergence from which a distribution moved."""
LEAST_SPREAD = 0.001
"""The least standard deviation: a score that never moved is not alarmed by a rounding."""
MOST_VALUES = 100
"""Values of a distribution that are kept apart; the others are one."""
OTHERS = "others"
Distribution = Mapping[str, Mapping[str, float]]
"""Shares of values by part of a state and by a hash of the value."""


@dataclass(frozen=True)
class Past:
    """What earlier accepted assessments of a dataset found, oldest first.

    Args:
        scores: those of each operator.
        distributions: the last ones.
    """

    scores: Mapping[str, Sequence[float]] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """How one operator stands to its past; None where there is too little of it."""

    usual: float | None = None
    deviation: float | None = None
    shift: float | None = None

    @property
    def stands_apart(self) -> bool:
        """Whether somebody should look."""
        return abs(self.deviation or 0.0) > FAR or (self.shift or 0.0) > MOVED


def compare_score(score: float | None, past: Sequence[float]) -> tuple[float | None, float | None]:
    """The median of past scores, and how many robust standard deviations a score lies from it."""
    newest = list(past)[-MOST:]
    if score is None or len(newest) < FEWEST:
        return None, None
    usual = median(newest)
    spread = 1.4826 * median(abs(other - usual) for other in newest)
    return usual, (score - usual) / max(spread, LEAST_SPREAD)


def compare(operator: str, score: float | None, distribution: Distribution, past: Past) -> Comparison:
    """How an operator stands to its past."""
    usual, deviation = compare_score(score, past.scores.get(operator, ()))
    before = past.distributions.get(operator, {})
    shifts = [find_divergence(distribution[part], before[part]) for part in distribution if part in before]
    return Comparison(usual, deviation, max(shifts, default=None))


def find_distribution(bound: Bound, state: State) -> dict[str, dict[str, float]]:
    """The shares of the values that an operator tallied, the largest by name of a hash, so that no value is told."""
    tallies = {name: state.get(name) for name, part in bound.parts.items() if part.kind in ("tally", "spread")}
    return {name: share_out(tally) for name, tally in tallies.items() if tally}


def share_out(tally: Mapping[str, int]) -> dict[str, float]:
    """The shares of a tally's values by a hash of each."""
    order = sorted(tally.items(), key=lambda entry: (-entry[1], entry[0]))
    whole = sum(tally.values())
    found = {hash_text(value): count / whole for value, count in order[:MOST_VALUES]}
    rest = sum(count for _, count in order[MOST_VALUES:])
    return {**found, OTHERS: rest / whole} if rest else found


def read_past(results: Iterable[Mapping[str, Any]], accepted: Iterable[int]) -> Past:
    """What rows of ``quality_result`` of accepted rounds say over all rows of a dataset."""
    rounds = set(accepted)
    rows = sorted((row for row in results if row["round"] in rounds and row["stratum"] == "{}"), key=lambda row: int(row["round"]))
    scores: dict[str, list[float]] = {}
    last: dict[str, Distribution] = {}
    for row in rows:
        if row["score"] is not None:
            scores.setdefault(row["operator"], []).append(row["score"])
        if row["distribution"]:
            last[row["operator"]] = json.loads(row["distribution"])
    return Past(scores, last)
