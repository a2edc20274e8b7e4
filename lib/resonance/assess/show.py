"""Shows operators and assessments: tables for people, plain values for files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from resonance.assess.assess import Assessment
from resonance.assess.gates import judge_rules
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.core.adaq import GROUPS, METRICS
from resonance.core.dataset import DatasetContract
from resonance.core.operator import Result
from resonance.core.printable import escape_hidden
from resonance.core.quality import Score, Unusual

MOST_NAMED = 5
"""Of many quality rules that are not read, so many are named."""


def list_operators(states: Mapping[str, str] | None = None) -> Table:
    """Every operator, and where states are given, below its inputs, whether it can be measured, or why not.

    A state is a sentence, which a column of its own would cut to pieces in a terminal of 80 columns.
    """
    last = Column("inputs" if states is None else "inputs, and whether it can run", overflow="fold")
    table = Table(Column("operator", no_wrap=True), "metric, how, pass", last)
    for operator in OPERATORS:
        kind = f"{operator.metric} {operator.mode} {operator.passes}{' core' if operator.core else ''}"
        said = [", ".join(operator.inputs), *([] if states is None else [states[operator.id]])]
        table.add_row(*map(Text, (operator.id, kind, "\n".join(filter(None, said)))))
    return table


def describe_unread(contract: DatasetContract, where: str) -> Iterator[str]:
    """A line about the quality rules of a contract that no assessment reads, where it has some."""
    if contract.unread:
        names = ", ".join(map(escape_hidden, contract.unread[:MOST_NAMED])) + (", …" if len(contract.unread) > MOST_NAMED else "")
        yield (
            f"contract {where}: quality rules for other tools were not read: {names}; what is read are claims about each row "
            "(`type: custom` with an `implementation`, at the table)"
        )


def describe_assessment(found: Assessment, unusual: Iterable[Unusual] = ()) -> Iterator[str | Table]:
    """What was found, in the order in which people ask: the grade, what limits it, groups and metrics, what to supply.

    Args:
        found: the assessment.
        unusual: operators that stand apart from earlier assessments.
    """
    total = found.grade.total
    score = "no score" if total.value is None else f"{total.value:.3f} ({total.low:.3f} to {total.high:.3f})"
    release = "passes the rules (gate 1)" if passes_rules(found) else "does not pass the rules (gate 1)"
    measured = f"coverage {total.coverage:.1%}, {found.rows:,} rows, profile {found.profile}"
    yield f"grade {found.grade.letter}: {score}, {measured}; {release}"
    yield from (f"veto: {veto}" for veto in found.grade.vetoes)
    if found.errors:
        yield f"incomplete: {', '.join(found.errors)} failed"
    if found.grade.automation is not None:
        yield f"{found.grade.automation:.1%} of the metrics that apply are scored without people"
    if found.left_out:
        yield f"{found.left_out:,} strata with fewest rows are not told apart"
    yield from map(describe_unusual, unusual)
    yield list_metrics(found)
    missing = [result for result in found.results if not result.stratum and result.state in ("not_measurable", "error")]
    yield list_missing(missing)


def describe_unusual(one: Unusual) -> str:
    """A line about an operator that stands apart from earlier assessments."""
    said = []
    if one.score is not None and one.usual is not None and one.deviation is not None:
        said.append(f"{one.score:.3f}, usually {one.usual:.3f} ({one.deviation:+.1f} robust standard deviations)")
    if one.shift is not None:
        said.append(f"its values lie {one.shift:.3f} bits from those of the last accepted assessment")
    return f"unusual: {one.operator}: {'; '.join(said)}"


def passes_rules(found: Assessment) -> bool:
    """Whether a dataset passes the first gate."""
    return judge_rules(found).state == "passed"


def list_metrics(found: Assessment) -> Table:
    """Groups and metrics with their scores."""
    table = Table("group, metric", "score", "coverage", "state")
    for group in GROUPS:
        table.add_row(Text(f"{group.number} {group.english}", style="bold"), *_cells(found.grade.groups[group.number]))
        for metric in METRICS:
            if metric.group == group.number:
                table.add_row(Text(f"   {metric.number} {metric.english}"), *_cells(found.grade.metrics[metric.number]))
    return table


def list_missing(results: list[Result]) -> Table:
    """What was not measured, and what to supply."""
    table = Table(Column("not measured", no_wrap=True), "metric", "what to supply")
    for result in results:
        table.add_row(Text(result.operator), str(BY_ID[result.operator].metric), Text(result.reason))
    return table


def list_plain(found: Assessment) -> dict[str, Any]:
    """An assessment as values that JSON holds."""
    return {
        "profile": found.profile,
        "rows": found.rows,
        "grade": found.grade.letter,
        "passes_rules": passes_rules(found),
        "errors": list(found.errors),
        "now": found.now.isoformat(),
        "vetoes": list(found.grade.vetoes),
        "automation": found.grade.automation,
        "total": vars(found.grade.total),
        "groups": {str(number): vars(score) for number, score in found.grade.groups.items()},
        "metrics": {str(number): vars(score) for number, score in found.grade.metrics.items()},
        "results": [vars(result) for result in found.results],
    }


def _cells(score: Score) -> tuple[str, str, str]:
    value = "" if score.value is None else f"{score.value:.3f}"
    state = score.state.replace("_", " ") + (", provisional" if score.provisional and score.value is not None else "")
    return value, f"{score.coverage:.0%}", state
