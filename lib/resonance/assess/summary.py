"""Sums an assessment up for people: scores of strata, what would raise the total most, what was not measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from resonance.assess.assess import Assessment, set_floors
from resonance.assess.gates import judge_rules
from resonance.assess.operators import BY_ID
from resonance.assess.score import SAMPLED, Grade, list_floors, score_levels, weigh_operator
from resonance.core.adaq import HUMAN, LEAKS, METRIC_OF, METRICS
from resonance.core.dataset import DatasetContract
from resonance.core.gates import GATES, Gate
from resonance.core.operator import Operator, Result
from resonance.core.profile import Profile
from resonance.core.quality import Finding, Missing, Past, Quality, Score, Stratum, Unusual

REQUIRED = BY_ID["required_field_completeness"].cause
ROUNDED = 1e-9
"""A gain below it is none."""


def summarise(
    found: Assessment,
    contract: DatasetContract,
    profile: Profile,
    version: str = "",
    gates: Sequence[Gate] = (),
    past: Sequence[Past] = (),
    unusual: Iterable[Unusual] = (),
) -> Quality:
    """An assessment as a report tells it.

    Args:
        found: the assessment.
        contract: what it was held to.
        profile: the weights that it was graded by.
        version: of the table; empty where the store has none.
        gates: where each stands; those that are not given were not run, but the first, which the assessment decides.
        past: earlier assessments of the same dataset, oldest first.
        unusual: operators that stand apart from the accepted ones among them.
    """
    whole = tuple(result for result in found.results if not result.stratum)
    graded, known = found.grade, {gate.name: gate for gate in (judge_rules(found), *gates)}
    return Quality(
        table=contract.table,
        version=version,
        contract=contract.version,
        stage=contract.stage,
        profile=profile,
        made=found.now,
        rows=found.rows,
        letter=graded.letter,
        total=graded.total,
        groups=graded.groups,
        metrics=graded.metrics,
        vetoes=graded.vetoes,
        release=graded.release,
        automation=graded.automation,
        gates=tuple(known.get(name, Gate(name, "not_run")) for name in GATES),
        operators={result.operator: BY_ID[result.operator] for result in whole},
        floors=list_floors(set_floors(profile, contract)),
        results=whole,
        strata=score_strata(found.results, profile),
        left_out=found.left_out,
        findings=join_causes(find_gains(whole, profile, graded), fills=requires_text(contract)),
        missing=tuple(sorted(find_missing(whole, profile, graded), key=lambda one: (-one.weight, one.operator))),
        past=tuple(past),
        unusual=tuple(unusual),
    )


def score_strata(results: Sequence[Result], profile: Profile) -> tuple[Stratum, ...]:
    """Scores of each stratum by the operators that have strata, lowest total first."""
    by: dict[tuple[tuple[str, object], ...], list[Result]] = {}
    for result in results:
        if result.stratum:
            by.setdefault(tuple(result.stratum.items()), []).append(result)
    strata = [score_stratum(dict(values), own, profile) for values, own in by.items()]
    return tuple(sorted(strata, key=lambda one: (one.total.value is None, one.total.value, str(one.values))))


def score_stratum(values: Mapping[str, object], results: Sequence[Result], profile: Profile) -> Stratum:
    """Scores of one stratum."""
    total, groups, _ = score_levels(results, profile)
    rows = max((round(result.n_examined / result.coverage) for result in results if result.coverage), default=0)
    return Stratum(values, rows, total, groups)


def requires_text(contract: DatasetContract) -> bool:
    """Whether the column of the text is required."""
    return any(column.required and column.name == contract.roles.get("text") for column in contract.columns)


def find_gains(results: Sequence[Result], profile: Profile, graded: Grade) -> Iterator[Finding]:
    """Each scored operator below 1 with its weight in the total times what it lacks.

    Where a metric is the least of its operators, each of them has the metric's whole weight: all of them must be mended.
    """
    for result in results:
        if result.score is not None and result.score < 1:
            number = BY_ID[result.operator].metric
            weight = weigh_metric(number, profile, graded, is_measured) * weigh_in_metric(BY_ID[result.operator], results)
            if weight:
                yield Finding(result.operator, result.score, weight * (1 - result.score), empty=weight * fill_rows(result))


def fill_rows(result: Result) -> float:
    """By how much a score rises where rows that hold nothing come to be as good as the others."""
    score = result.score or 0.0
    return min(1.0, score / (1 - result.empty)) - score if result.empty < 1 else 1 - score


def tell_empty(found: Sequence[Finding]) -> Iterator[Finding]:
    """Findings, with what rows without a text cost told where required columns are: filling these mends all of it."""
    others = [one for one in found if one.empty and BY_ID[one.operator].cause != REQUIRED]
    lacking = any(BY_ID[one.operator].cause == REQUIRED for one in found)
    for one in found:
        if BY_ID[one.operator].cause == REQUIRED:
            gain = one.gain + sum(other.empty for other in others)
            yield replace(one, gain=gain, filled=tuple(other.operator for other in others))
        elif not lacking or not one.empty:
            yield one
        elif one.gain - one.empty > ROUNDED:
            yield replace(one, gain=one.gain - one.empty, empty=0.0)


def join_causes(found: Iterable[Finding], fills: bool = False) -> tuple[Finding, ...]:
    """Findings of one cause as one, largest gain first. Gains of a metric that is the least of its operators do not add up.

    Args:
        found: one finding of each operator.
        fills: whether the text is a required column.
    """
    by: dict[tuple[str, ...], list[Finding]] = {}
    for one in sorted(found, key=lambda one: (-one.gain, one.operator)):
        by.setdefault(BY_ID[one.operator].cause, []).append(one)
    joined = []
    for first, *others in by.values():
        gains: dict[int, list[float]] = {}
        for one in (first, *others):
            gains.setdefault(BY_ID[one.operator].metric, []).append(one.gain)
        gain = sum(max(each) if number in LEAKS else sum(each) for number, each in gains.items())
        empty = sum(one.empty for one in (first, *others))
        joined.append(Finding(first.operator, first.score, gain, tuple(one.operator for one in others), empty))
    return tuple(sorted(tell_empty(joined) if fills else joined, key=lambda one: (-one.gain, one.operator)))


def find_missing(results: Sequence[Result], profile: Profile, graded: Grade, gate: int = 1) -> Iterator[Missing]:
    """Each operator that was not measured or failed, with the coverage that it would add."""
    counted = [
        BY_ID[r.operator] for r in results if r.state != "not_applicable" and (BY_ID[r.operator].mode != "H" or gate >= SAMPLED)
    ]
    for result in results:
        operator = BY_ID[result.operator]
        if result.state in ("not_measurable", "error"):
            beside = sum(weigh_operator(other) for other in counted if other.metric == operator.metric)
            inside = weigh_operator(operator) / beside if operator in counted else 0.0
            yield Missing(operator.id, result.reason, inside * weigh_metric(operator.metric, profile, graded, is_applicable))


def is_measured(score: Score) -> bool:
    """Whether there is a value."""
    return score.value is not None


def is_applicable(score: Score) -> bool:
    """Whether the score has a meaning for the dataset."""
    return score.state != "not_applicable"


def weigh_metric(number: int, profile: Profile, graded: Grade, counts: Callable[[Score], bool]) -> float:
    """The weight of a metric in the total, over the groups and metrics that count."""
    group = METRIC_OF[number].group
    groups = sum(weight for other, weight in profile.groups.items() if counts(graded.groups[other]))
    inside = [m.number for m in METRICS if m.group == group and counts(graded.metrics[m.number])]
    metrics = sum(profile.metrics[other] for other in inside)
    if number not in inside or not groups or not metrics:
        return 0.0
    return profile.groups[group] / groups * profile.metrics[number] / metrics


def weigh_in_metric(operator: Operator, results: Sequence[Result]) -> float:
    """The weight of a scored operator in its metric, over what was measured."""
    scored = [BY_ID[result.operator] for result in results if result.state == "scored"]
    beside = [other for other in scored if other.metric == operator.metric]
    if operator.metric in LEAKS:
        return 1.0
    if operator.metric in HUMAN and any(other.mode == "H" for other in beside):
        half = [other for other in beside if (other.mode == "H") == (operator.mode == "H")]
        return 1 / (len(half) * (2 if len(half) < len(beside) else 1))
    return weigh_operator(operator) / sum(map(weigh_operator, beside))
