"""Two versions of a policy compared once more after a campaign: at a release on documents of the vault, and in the rounds after.

A campaign shows that one version is better than the one before it. Whether all that was adopted since a release is, and whether an
adopted version stays so, is asked of documents on which no rule was ever chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from resonance.control.search.accept import MARGIN, find_harmed, hold_guards
from resonance.control.search.campaign import Row, Rows
from resonance.control.search.looks import LOOKS, Shown, look_at
from resonance.control.search.measure import Differences
from resonance.control.versions import write_title
from resonance.core.errors import InputError
from resonance.core.hashes import hash_text
from resonance.core.turns import VAULT, WATCH

Kind = Literal["vault", "watch"]
Decision = Literal["better", "worse", "unclear"]

SEEDS: Final = LOOKS[0].seeds
"""Trainings of each side."""
WATCHED: Final = 2
"""Rounds after its adoption in which a version is watched."""
CHANCE: Final = 0.05
"""Of intervals of 95 %, those that miss what they are about."""


@dataclass(frozen=True)
class Comparison:
    """One comparison of two versions of a policy.

    Args:
        kind: ``vault`` for a release, ``watch`` for a round after an adoption.
        subject: the release; or the adopted version and the round.
        before: the version that stood before.
        after: the version that judges now.
        round: whose model both sides go on from.
        tokens: of each training.
    """

    kind: Kind
    policy: str
    subject: str
    before: int
    after: int
    round: int
    tokens: int

    @property
    def name(self) -> str:
        """Names it in messages and seeds."""
        return f"{self.kind} of {self.policy}, {self.subject}"

    @property
    def arms(self) -> str:
        """Begins the names of its arms."""
        return f"{VAULT if self.kind == 'vault' else WATCH}{hash_text(self.name)[:8]}-"

    @property
    def key(self) -> dict[str, str]:
        """Of its row in ``rule_comparisons``."""
        return {"policy": self.policy, "kind": self.kind, "subject": self.subject}


def plan_vault(versions: Rows, compared: Rows, standing: Mapping[str, Any], release: str, round: int, tokens: int) -> Comparison:
    """The comparison of a release: the version that judges now, with that of the release before; without one, with the oldest.

    Args:
        versions: rows of ``rule_versions`` of the policy.
        compared: rows of ``rule_comparisons`` of the policy.
        standing: the version that judges now.
        release: its name.
        round: whose model both sides go on from.
        tokens: of each training.

    Raises:
        InputError: the vault was opened for this release, or nothing was adopted since the release before.
    """
    opened = sorted((row for row in compared if row["kind"] == "vault"), key=lambda row: row["compared_at"])
    if known := next((row for row in opened if row["subject"] == release), None):
        raise InputError(
            f"rules vault: the vault was opened for release {release} on {known['compared_at']:%Y-%m-%d}: {known['reason']}; it is "
            "opened once a release, as a second look would choose on it"
        )
    before = opened[-1]["after"] if opened else _find_oldest(versions, standing)
    after = standing["version"]
    if before == after:
        since = f"since release {opened[-1]['subject']}" if opened else "here"
        raise InputError(f"rules vault: no other version of {standing['policy']} was adopted {since}: there is nothing to compare")
    return Comparison("vault", standing["policy"], release, before, after, round, tokens)


def plan_watch(compared: Rows, standing: Mapping[str, Any], round: int, tokens: int) -> Comparison:
    """The comparison of a round after an adoption: the adopted version with the one whose place it took.

    Args:
        compared: rows of ``rule_comparisons`` of the policy.
        standing: the version that judges now.
        round: the newest one.
        tokens: of each training.

    Raises:
        InputError: the version took no other one's place, no round was trained since, or WATCHED rounds were watched.
    """
    if refusal := _refuse_watch(compared, standing, round):
        raise InputError(f"rules watch: {refusal}")
    subject = f"{write_title(standing)} in round {round}"
    return Comparison("watch", standing["policy"], subject, standing["parent"], standing["version"], round, tokens)


def _refuse_watch(compared: Rows, standing: Mapping[str, Any], round: int) -> str:
    """Why a version is not to be watched in a round; empty where it is."""
    title, begun = write_title(standing), standing["from_round"]
    if standing["parent"] is None or begun is None:
        return f"{title} took no other version's place: there is nothing to watch"
    if round <= begun:
        return f"no round was trained since {title} was adopted in round {begun}: `resonance run` trains one"
    mine = (row for row in compared if row["kind"] == "watch" and row["after"] == standing["version"])
    watched = sorted((row for row in mine if row["round"] > begun), key=lambda row: row["round"])
    if known := next((row for row in watched if row["round"] == round), None):
        return f"{known['subject']} was watched: {known['reason']}"
    if len(watched) >= WATCHED:
        return f"{title} was watched in {WATCHED} rounds: {'; '.join(row['reason'] for row in watched)}"
    return ""


def list_due(versions: Rows, compared: Rows, round: int) -> list[str]:
    """The policies whose adopted version is to be watched in the newest round.

    Args:
        versions: rows of ``rule_versions``.
        compared: rows of ``rule_comparisons``.
        round: the newest one.
    """
    by_policy: dict[str, list[Mapping[str, Any]]] = {}
    for row in compared:
        by_policy.setdefault(row["policy"], []).append(row)
    adopted = (row for row in versions if row["state"] == "adopted")
    return [row["policy"] for row in adopted if not _refuse_watch(by_policy.get(row["policy"], []), row, round)]


def conclude(comparison: Comparison, found: Differences, seeds: Sequence[int], now: datetime) -> Row:
    """The row of ``rule_comparisons`` of a comparison: the difference with its interval of 95 %, and what follows.

    It is better or worse where the whole interval says so, and worse too where a slice is shown to lose more than MARGIN.

    Args:
        comparison: which one.
        found: how both versions differ on the same documents.
        seeds: of the trainings.
        now: when it was concluded.
    """
    shown = look_at(found.deltas, [found.doc_var])
    low, high = shown.bound(CHANCE / 2), shown.ceiling(CHANCE / 2)
    harmed = [harm.name for harm in find_harmed(found.harms, shown.look)]
    decision: Decision = "worse" if high < 0 or harmed else "better" if low > 0 else "unclear"
    guards = hold_guards(found.harms, shown.look)
    return comparison.key | {
        "round": comparison.round,
        "before": comparison.before,
        "after": comparison.after,
        "seeds": list(seeds),
        "tokens": comparison.tokens,
        "documents": found.documents,
        "delta": shown.delta,
        "low": low if math.isfinite(low) else None,
        "high": high if math.isfinite(high) else None,
        "guards": {guard.name: guard.bound for guard in guards if math.isfinite(guard.bound)},
        "decision": decision,
        "reason": _explain(comparison, shown, (low, high), harmed),
        "compared_at": now,
    }


def _explain(comparison: Comparison, shown: Shown, interval: tuple[float, float], harmed: Sequence[str]) -> str:
    low, high = interval
    said = (
        f"{comparison.policy}@{comparison.after} saves {shown.delta:+.4f} bits per byte ({low:+.4f} to {high:+.4f}) over "
        f"{comparison.policy}@{comparison.before}"
    )
    return said + "".join(f"; slice {name} is shown to lose more than {MARGIN:.0%}" for name in harmed)


def _find_oldest(versions: Rows, standing: Mapping[str, Any]) -> int:
    """The version from which the one that judges now was made, step by step."""
    parents = {row["version"]: row["parent"] for row in versions}
    seen, at = set[int](), int(standing["version"])
    while parents.get(at) is not None and at not in seen:
        seen.add(at)
        at = int(parents[at])
    return at
