"""What `resonance rules vault` and `watch` print: what a comparison of two versions costs, and what it showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from resonance.core.durations import write_seconds
from resonance.report.wording import amount, count, name, share

ADVICE = {
    ("vault", "worse"): "do not release it as it is: `resonance rules rollback {policy}` has the version before it judge",
    ("watch", "worse"): "it does not stay better: `resonance rules rollback {policy}` has the version before it judge",
    ("watch", "unclear"): "nothing speaks against it; the next round is watched too",
}
"""What follows of a comparison, by its kind and what it shows."""


def describe_cost(title: str, trainings: int, tokens: int, judges: int, seconds: float | None) -> list[str | Table]:
    """What a comparison trains.

    Args:
        title: its name.
        trainings: models of both sides.
        tokens: that all of them are trained on.
        judges: held-out documents that each of them scores.
        seconds: that this takes; None where nothing tells.
    """
    long = "for how long was never measured here" if seconds is None else f"about {write_seconds(seconds)} by the pace of its round"
    return [
        f"{name(title, 120)}: trains {amount(trainings, 'model')} on {count(tokens)} tokens, each judged by "
        f"{amount(judges, 'held-out document')}; {long}"
    ]


def describe_comparison(row: Mapping[str, Any]) -> list[str | Table]:
    """What each slice loses at most, the difference, and what follows.

    Args:
        row: of ``rule_comparisons``.
    """
    table = Table(title=escape(f"{row['policy']}@{row['after']} against {row['policy']}@{row['before']}"), title_justify="left")
    table.add_column("slice", overflow="fold")
    table.add_column("loses at most", justify="right")
    for slice_name, bound in sorted(row["guards"].items(), key=lambda guard: -guard[1]):
        table.add_row(escape(name(slice_name)), share(bound))
    said = f"{row['decision']}: {name(row['reason'], 400)}, {len(row['seeds'])} seeds a side, {count(row['documents'])} documents"
    advice = ADVICE.get((row["kind"], row["decision"]), "")
    return [*([table] if row["guards"] else []), said, *([advice.format(policy=row["policy"])] if advice else [])]
