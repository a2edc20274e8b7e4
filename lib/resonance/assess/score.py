"""From what operators answered to scores of metrics and groups, and to a grade."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from resonance.assess.operators import BY_ID
from resonance.core.adaq import GROUPS, HUMAN, LEAKS, METRICS
from resonance.core.operator import Operator, Result
from resonance.core.profile import Profile
from resonance.core.quality import Score

GRADES = (("A", 0.90, 0.95), ("B", 0.80, 0.85), ("C", 0.70, 0.75), ("D", 0.60, 0.60))
"""Each grade with the least lower bound of the score, and the least coverage, that it asks for."""
UNGRADED = 0.60
"""The coverage below which there is no grade."""
PROVISIONAL = 0.79
"""The most that a metric has whose final score needs people, before they judged."""
LEAST_SAFE = 0.60
"""The score of privacy and safety below which the grade is E."""
SAMPLED = 2
"""The weight of an operator by people, beside 1 of others; and the gate from which it counts."""


@dataclass(frozen=True)
class Grade:
    """What an assessment comes to.

    Args:
        letter: A to E, or U where too little was measured.
        vetoes: why the letter is not that of the score.
        release: whether no blocking operator stands below its floor.
        automation: share of the applicable metrics that are scored without people.
    """

    letter: str
    total: Score
    metrics: Mapping[int, Score]
    groups: Mapping[int, Score]
    vetoes: tuple[str, ...]
    release: bool
    automation: float | None


def grade(results: Sequence[Result], profile: Profile, gate: int = 1) -> Grade:
    """The grade of a dataset from its results over all rows, one of each operator that was asked.

    Args:
        results: those of strata are left out.
        profile: the weights.
        gate: from the second on, operators by people count.
    """
    whole = [result for result in results if not result.stratum]
    total, groups, metrics = score_levels(whole, profile, gate)
    breaches = find_breaches(whole, profile)
    leaks = [number for number in LEAKS if (found := metrics[number].value) is not None and found < LEAST_SAFE]
    vetoes = (*breaches, *(f"metric {number} stands below {LEAST_SAFE:g}" for number in leaks))
    letter = limit_letter(choose_letter(total), bool(breaches), bool(leaks))
    return Grade(letter, total, metrics, groups, vetoes, not vetoes, count_automation(whole, metrics))


def score_levels(results: Sequence[Result], profile: Profile, gate: int = 1) -> tuple[Score, dict[int, Score], dict[int, Score]]:
    """Total, groups and metrics from the results over all rows, or over those of one stratum."""
    metrics = {metric.number: score_metric(metric.number, results, gate) for metric in METRICS}
    groups = {
        group.number: weigh_scores(
            (profile.metrics[metric.number], metrics[metric.number]) for metric in METRICS if metric.group == group.number
        )
        for group in GROUPS
    }
    return weigh_scores((profile.groups[number], score) for number, score in groups.items()), groups, metrics


def score_metric(number: int, results: Sequence[Result], gate: int = 1) -> Score:
    """The score of one metric from the results of its operators."""
    own = [(BY_ID[result.operator], result) for result in results if BY_ID[result.operator].metric == number]
    counted = [(op, result) for op, result in own if result.state != "not_applicable" and (op.mode != "H" or gate >= SAMPLED)]
    if not counted:
        return Score("not_applicable")
    scored = [(op, result) for op, result in counted if result.state == "scored"]
    coverage = sum(weigh_operator(op) for op, _ in scored) / sum(weigh_operator(op) for op, _ in counted)

    def combine(of: Iterable[tuple[Operator, Result]], value: Callable[[Result], float | None]) -> float:
        return combine_scores(number, [(op, score) for op, result in of if (score := value(result)) is not None])

    low = combine(counted, lambda result: 0.0 if result.score is None else result.score)
    high = combine(counted, lambda result: 1.0 if result.score is None else result.score)
    if not scored:
        return Score("not_measurable", None, None, low, high, 0.0, number in HUMAN)
    value = combine(scored, lambda result: result.score)
    lcb = combine(scored, lambda result: result.score if result.score_lcb is None else result.score_lcb)
    return Score("scored", value, lcb, low, high, coverage, number in HUMAN and all(op.mode != "H" for op, _ in scored))


def combine_scores(number: int, scores: Sequence[tuple[Operator, float]]) -> float:
    """One score of a metric from those of its operators: their mean, the least where one leak is enough."""
    if number in LEAKS:
        return min(score for _, score in scores)
    if number in HUMAN:
        by_people = [score for op, score in scores if op.mode == "H"]
        by_machine = [score for op, score in scores if op.mode != "H"]
        if not by_people:
            return min(PROVISIONAL, sum(by_machine) / len(by_machine))
        halves = [sum(half) / len(half) for half in (by_people, by_machine) if half]
        return sum(halves) / len(halves)
    return sum(weigh_operator(op) * score for op, score in scores) / sum(weigh_operator(op) for op, _ in scores)


def weigh_operator(operator: Operator) -> int:
    """How much an operator counts inside its metric."""
    return SAMPLED if operator.mode == "H" else 1


def weigh_scores(scores: Iterable[tuple[float, Score]]) -> Score:
    """The weighted mean of scores; those that are not applicable, or weigh nothing, count nowhere."""
    counted = [(weight, score) for weight, score in scores if weight and score.state != "not_applicable"]
    whole = sum(weight for weight, _ in counted)
    if not counted:
        return Score("not_applicable")
    measured = [(weight, score) for weight, score in counted if score.value is not None]
    low = sum(weight * score.low for weight, score in counted) / whole
    high = sum(weight * score.high for weight, score in counted) / whole
    provisional = any(score.provisional for _, score in counted)
    if not measured:
        return Score("not_measurable", None, None, low, high, 0.0, provisional)
    seen = sum(weight for weight, _ in measured)
    value = sum(weight * (score.value or 0.0) for weight, score in measured) / seen
    lcb = sum(weight * (score.lcb or 0.0) for weight, score in measured) / seen
    coverage = sum(weight * score.coverage for weight, score in counted) / whole
    return Score("scored", value, lcb, low, high, coverage, provisional)


def choose_letter(total: Score) -> str:
    """The letter of a score, before vetoes."""
    if total.lcb is None or total.coverage < UNGRADED:
        return "U"
    return next((letter for letter, least, seen in GRADES if total.lcb >= least and total.coverage >= seen), "E")


def limit_letter(letter: str, breached: bool, leaking: bool) -> str:
    """The letter after vetoes: E where privacy or safety leaks, at most D where a floor is broken."""
    if leaking:
        return "E"
    return "D" if breached and letter in ("A", "B", "C") else letter


def list_floors(profile: Profile) -> dict[str, float]:
    """Scores below which a dataset is not released: the declared ones, over these the profile's."""
    return {op.id: op.floor for op in BY_ID.values() if op.floor is not None} | dict(profile.floors)


def find_breaches(results: Sequence[Result], profile: Profile) -> tuple[str, ...]:
    """What blocking operators stand below their floor, in words."""
    floors = list_floors(profile)
    return tuple(
        f"{result.operator} is {result.score:.4g}, below its floor {floors[result.operator]:g}"
        for result in results
        if result.operator in floors and result.score is not None and result.score < floors[result.operator]
    )


def count_automation(results: Sequence[Result], metrics: Mapping[int, Score]) -> float | None:
    """The share of applicable metrics that are scored, finally, without people; None where no metric is applicable."""
    applicable = {number for number, score in metrics.items() if score.state != "not_applicable"}
    automatic = {
        op.metric for r in results if r.state == "scored" and (op := BY_ID[r.operator]).mode != "H" and op.metric not in HUMAN
    }
    return len(automatic & applicable) / len(applicable) if applicable else None
