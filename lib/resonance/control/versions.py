"""Versions of a policy: which one is adopted, and what becomes of the others. What was refused does not return."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resonance.core.errors import InputError

Rows = Sequence[Mapping[str, Any]]
OPEN = ("draft", "tried", "retired")
"""States from which a version may be adopted."""
NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("parent", "campaign", "effect", "low", "high", "from_round", "to_round", "approval", "mlflow_run")),
    "diff": "",
    "goal": "comply",
    "state": "draft",
}
"""What is known of a version that no campaign tried."""


@dataclass(frozen=True)
class Decided:
    """All versions of a policy after a decision, and the one that judges from then on; None where that does not change."""

    rows: tuple[dict[str, Any], ...]
    now: Mapping[str, Any] | None = None


def write_title(row: Mapping[str, Any]) -> str:
    """Name and version, as tables name a policy."""
    return f"{row['policy']}@{row['version']}"


def register_version(rows: Rows, policy: str, version: int, text: str, parent: int | None, state: str) -> list[dict[str, Any]]:
    """The versions of a policy with one that is not known yet.

    Raises:
        InputError: a version of that number has another text.
    """
    known = next((row for row in rows if row["version"] == version), None)
    if known is None:
        return [*map(dict, rows), {**NOTHING, "policy": policy, "version": version, "text": text, "parent": parent, "state": state}]
    if known["text"] != text:
        raise InputError(f"{policy}@{version} is known with other rules: raise its version, so that a version says what judged")
    return list(map(dict, rows))


def settle_versions(rows: Rows, standing: Collection[int]) -> list[dict[str, Any]]:
    """The versions of a policy with the one adopted that judges all its batches, whoever had it judge.

    Where several judge, a decision was cut off: the versions stay as it left them.
    """
    if len(standing) != 1:
        return list(map(dict, rows))
    (now,) = standing
    return [
        {**row, "state": "adopted" if row["version"] == now else "retired" if row["state"] == "adopted" else row["state"]}
        for row in rows
    ]


def adopt_version(rows: Rows, version: int, standing: Collection[int], round: int, approval: str) -> Decided:
    """A version takes the place of the adopted one, from ``round`` on.

    Args:
        rows: the versions of the policy.
        version: the one that is to judge.
        standing: the versions that judge some batch.
        round: the newest round.
        approval: the name of the decision.

    Raises:
        InputError: there is no such version, it judges already, was refused, or was made against another one.
    """
    row = _find(rows, version)
    title, goes_on = write_title(row), row["state"] == "adopted"
    if goes_on and set(standing) == {version}:
        raise InputError(f"{title} is adopted and judges already")
    if not goes_on and row["state"] not in OPEN:
        said = row["state"].replace("_", " ")
        raise InputError(f"{title} is {said}: it returns as a new version alone, with a campaign of its own")
    incumbent = next((other["version"] for other in rows if other["state"] == "adopted"), None)
    if not goes_on and row["parent"] not in (None, incumbent):
        raise InputError(
            f"{title} was made against {row['policy']}@{row['parent']}, but {row['policy']}@{incumbent} judges now: what was shown "
            "of it does not hold"
        )
    parent = incumbent if row["parent"] is None and incumbent != version else row["parent"]
    new = {**row, "state": "adopted", "parent": parent, "from_round": round, "to_round": None, "approval": approval}
    others = [_leave(other, round) if other["state"] == "adopted" else dict(other) for other in rows if other["version"] != version]
    return Decided(_sort([*others, new]), new)


def take_responsibility(rows: Rows, version: int, name: str | None, reason: str | None) -> tuple[str, str]:
    """Who adopts a version, and why: people, or the campaign that verified it where none are named.

    Raises:
        InputError: no campaign verified it, and no name or no reason is given.
    """
    row = _find(rows, version)
    verified = row["campaign"] is not None and row["effect"] is not None and row["state"] in ("tried", "retired", "adopted")
    if verified:
        return name or f"campaign {row['campaign']}", reason or "its verification accepted it"
    if not (name or "").strip() or not (reason or "").strip():
        raise InputError(
            f"{write_title(row)} was verified by no campaign: `resonance rules search` and `verify` do that; to adopt it all the "
            "same, give --name and --reason, which are kept"
        )
    return str(name), str(reason)


def reject_version(rows: Rows, version: int, approval: str) -> Decided:
    """A version is refused for good.

    Raises:
        InputError: there is no such version, or it is adopted.
    """
    row = _find(rows, version)
    if row["state"] == "adopted":
        raise InputError(f"{write_title(row)} is adopted: roll it back instead")
    others = [dict(other) for other in rows if other["version"] != version]
    return Decided(_sort([*others, {**row, "state": "rejected", "approval": approval}]))


def roll_back(rows: Rows, round: int, approval: str) -> Decided:
    """The version before the adopted one judges again.

    Raises:
        InputError: none is adopted, or it had none before it.
    """
    adopted = next((row for row in rows if row["state"] == "adopted"), None)
    if adopted is None or adopted["parent"] is None:
        again = "" if adopted is None else f"; where a roll-back was cut off, adopt {write_title(adopted)} again"
        raise InputError(f"there is nothing to roll back: no adopted version took the place of another{again}")
    before = _find(rows, adopted["parent"])
    gone = {**adopted, "state": "rolled_back", "to_round": max(round, adopted["from_round"] or 0), "approval": approval}
    new = {**before, "state": "adopted", "to_round": None}
    moved = (adopted["version"], before["version"])
    return Decided(_sort([*(dict(row) for row in rows if row["version"] not in moved), gone, new]), new)


def _find(rows: Rows, version: int) -> Mapping[str, Any]:
    found = next((row for row in rows if row["version"] == version), None)
    if found is None:
        known = ", ".join(map(write_title, rows)) or "none"
        raise InputError(f"no version {version} of this policy is known: there is {known}")
    return found


def _leave(row: Mapping[str, Any], round: int) -> dict[str, Any]:
    return {**row, "state": "retired", "to_round": max(round, row["from_round"] or 0)}


def _sort(rows: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(sorted(rows, key=lambda row: row["version"]))
