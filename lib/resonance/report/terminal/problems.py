"""What `resonance rules problems` prints: what is wrong with rules, with figures, and what shows more of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from resonance.report.wording import amount, count, difference, name, share

Told = Mapping[str, float]


def describe_problems(problems: Sequence[Mapping[str, Any]], number: int) -> list[str | Table]:
    """A line for each problem, in their order, and how to look further.

    Args:
        problems: as ``control.problems`` collects them.
        number: the round after which rules were measured.
    """
    if not problems:
        return [f"no problem of rules shows in what was measured after round {number}"]
    table = Table(title=f"Problems of rules, as measured after round {number}", title_justify="left")
    for column in ("policy", "rule", "slice", "problem"):
        table.add_column(column, overflow="fold")
    for one in problems:
        note = f": {name(one['note'], 120)}" if one["note"] else ""
        cells = (
            *(name(one[column]) if one[column] else "" for column in ("policy", "rule", "slice")),
            SAYS[one["kind"]](one["evidence"]) + note,
        )
        table.add_row(*map(escape, cells))
    first = next((one["rule"] for one in problems if one["rule"]), None)
    more = f"`resonance rules effect {first}` shows it by slice, the report texts next to thresholds"
    return [table] if first is None else [table, more]


def _say_weak(told: Told) -> str:
    return (
        f"cuts {share(told['share'])} of a slice on which the model is weak: {count(int(told['fires']))} of "
        f"{amount(int(told['asked']), 'document')}, {count(int(told['sole']))} of them alone"
    )


def _say_easy(told: Told) -> str:
    ends = f"{difference(told['low'])} to {difference(told['high'])}"
    return (
        f"what it cuts alone ({amount(int(told['sole']), 'document')}) is easier for the model than what stays of the same slices: "
        f"{difference(told['gain'])} bits a byte ({ends})"
    )


def _say_unsteady(told: Told) -> str:
    return f"cuts {share(told['share'])} of documents, {share(told['usual'])} in the middle of {int(told['rounds'])} rounds before"


def _say_near(told: Told) -> str:
    return (
        f"{share(told['near'])} of the values of {amount(int(told['asked']), 'document')} lie within a twentieth of its threshold"
    )


def _say_worse(told: Told) -> str:
    return f"is worse than the version before it, compared again ({difference(-told['gain'])} bits a byte): roll it back"


def _say_refused(told: Told) -> str:
    return "people refused this version or took it back"


SAYS: Mapping[str, Callable[[Told], str]] = {
    "cuts_weak_slice": _say_weak,
    "cuts_easy_texts": _say_easy,
    "unsteady": _say_unsteady,
    "near": _say_near,
    "worse": _say_worse,
    "refused": _say_refused,
}
