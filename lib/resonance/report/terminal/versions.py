"""What `resonance rules history` prints: every version of a policy, and every decision about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from resonance.core.gates import name_policy
from resonance.report.wording import difference, name

Rows = Sequence[Mapping[str, Any]]


def describe_history(
    versions: Rows, approvals: Rows, compared: Rows = (), due: Sequence[str] = (), policy: str | None = None
) -> list[str | Table]:
    """The versions of policies, the newest last, who decided what about them and why, and what later comparisons showed.

    Args:
        versions: rows of ``rule_versions``.
        approvals: rows of ``approvals``; those about datasets are left out.
        compared: rows of ``rule_comparisons``.
        due: policies whose adopted version is to be watched.
        policy: the policy that was asked for; None for all.
    """
    if not versions:
        return [f"no version of {policy or 'any policy'} was adopted, tried or refused here yet"]
    table = Table(title="Versions of policies", title_justify="left")
    for column in ("version", "state", "after", "rounds", "campaign", "bits/byte saved"):
        table.add_column(column, overflow="fold")
    for row in sorted(versions, key=lambda row: (row["policy"], row["version"])):
        after = "" if row["parent"] is None else f"{row['policy']}@{row['parent']}"
        table.add_row(
            *(escape(name(cell)) if cell else "" for cell in (f"{row['policy']}@{row['version']}", row["state"], after)),
            _write_rounds(row),
            escape(name(row["campaign"])) if row["campaign"] else "",
            _write_effect(row),
        )
    asked = {name_policy(row["policy"]) for row in versions}
    mine = sorted((row for row in approvals if row["dataset"] in asked), key=lambda row: row["approved_at"])
    later = sorted(compared, key=lambda row: row["compared_at"])
    said = [
        f"{row['compared_at']:%Y-%m-%d} {row['kind']} {name(row['subject'])}: {row['decision']}, {name(row['reason'], 200)}"
        for row in later
    ]
    asked_for = [
        f"{name(one)}: its adopted version is to be watched in this round: `resonance rules watch {name(one)}`" for one in due
    ]
    return [table, *(_describe_decision(row) for row in mine), *said, *asked_for]


def _write_rounds(row: Mapping[str, Any]) -> str:
    if row["from_round"] is None and row["to_round"] is None:
        return ""
    ends = ("" if row[end] is None else str(row[end]) for end in ("from_round", "to_round"))
    return " to ".join(ends).strip()


def _write_effect(row: Mapping[str, Any]) -> str:
    if row["effect"] is None:
        return ""
    interval = "" if row["low"] is None or row["high"] is None else f" ({difference(row['low'])} to {difference(row['high'])})"
    return difference(row["effect"]) + interval


def _describe_decision(row: Mapping[str, Any]) -> str:
    when = row["approved_at"].strftime("%Y-%m-%d")
    return f"{when} {row['gate']} {row['assessment'].partition(',')[0]} by {name(row['name'])}: {name(row['reason'], 120)}"
