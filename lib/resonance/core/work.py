"""How far the work is that verdicts ask for: open, or closed by a person or by a later round that finds the slice sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resonance.core.causes import ABSTAIN
from resonance.core.errors import ResonanceError

Rows = Sequence[Mapping[str, Any]]
CLOSE = "close"
"""What table ``approvals`` calls the decision that an item is done, or is let be."""


@dataclass(frozen=True)
class Work:
    """An item of work over all rounds.

    Args:
        row: of ``work_items``, that of the newest round that asks for it.
        since: the first round that asked for it.
        closed: why it is closed, in words; empty where it is open.
    """

    row: Mapping[str, Any]
    since: int
    closed: str = ""

    @property
    def decision(self) -> str:
        """What ``approvals`` calls a decision about it; a later round that asks again asks for another one."""
        return f"{self.row['item']}, round {self.row['round']}"


def follow_work(items: Rows, verdicts: Rows, looked: Iterable[int], approvals: Rows) -> list[Work]:
    """Every item that a round asked for, the oldest first.

    An item is open until a person closes it, or a later round looks for weak slices and finds its slice sound, or weak for another
    cause. A round that abstains on the slice closes nothing; one that finds it weak for the same cause opens it again.

    Args:
        items: rows of ``work_items``.
        verdicts: rows of ``verdicts``.
        looked: the rounds in which weak slices were looked for.
        approvals: rows of ``approvals``.
    """
    newest = max(looked, default=0)
    now = {row["slice"]: row["cause"] for row in verdicts if row["round"] == newest}
    said = {row["assessment"]: f"{row['name']}: {row['reason']}" for row in approvals if row["gate"] == CLOSE}
    names: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(items, key=lambda row: int(row["round"])):
        names.setdefault(row["item"], []).append(row)
    found = [Work(rows[-1], rows[0]["round"]) for rows in names.values()]
    ended = [Work(work.row, work.since, said.get(work.decision) or _find_end(work.row, newest, now)) for work in found]
    return sorted(ended, key=lambda work: (work.since, work.row["slice"], work.row["cause"]))


def find_open(work: Iterable[Work], item: str) -> Work:
    """The open item whose name begins so.

    Raises:
        ResonanceError: there is none, or there are several.
    """
    there = [one for one in work if not one.closed]
    mine = [one for one in there if one.row["item"].startswith(item)] if item else []
    if len(mine) != 1:
        known = ", ".join(one.row["item"] for one in there) or "none"
        raise ResonanceError(f"close: {'no' if not mine else 'more than one'} open item {item!r}; open are {known}")
    return mine[0]


def _find_end(row: Mapping[str, Any], newest: int, now: Mapping[str, str]) -> str:
    """Why a later round closes an item; empty where none does."""
    cause = now.get(row["slice"])
    if row["round"] == newest or cause == ABSTAIN:
        return ""
    return f"round {newest} finds the slice {'sound' if cause is None else f'weak for {cause}'}"
