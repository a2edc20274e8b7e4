"""What tables keep of a campaign, and how it goes from one state to the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from resonance.control.search.accept import Quality, Verdict
from resonance.control.search.alpha import Correction
from resonance.control.search.looks import LOOKS, Shown
from resonance.control.search.rungs import Cost
from resonance.core.errors import InputError
from resonance.core.hashes import hash_text
from resonance.core.policy import Policy
from resonance.core.search import USE, Search, Values

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
OPEN: Final = ("searching", "found")
"""States of a campaign that goes on."""
SHARED: Final = 0.5
"""Of the documents that judge a candidate, the share that other campaigns may have used before: with more, ``spend`` corrects."""
LEAST_TEXT: Final = 0.25
"""Of the bytes that a search draws, those that a policy must leave: else documents are read more than four times."""
CHANGED: Final = "what it stood on changed: the corpus, its verdicts, held-out documents or the model"
"""Why a campaign is void."""
MOST_LOST: Final = 0.5
"""Of the bytes of a protected slice, those that a trial may cut."""


def name_campaign(search: Search, basis: Mapping[str, str]) -> str:
    """The name of the search, and a key: a hash of its file and of the runs that made what it stands on."""
    said = json.dumps([search.model_dump(mode="json"), sorted(basis.items())])
    return f"{search.name}-{hash_text(said)[:8]}"


def find_key(campaign: str) -> str:
    """The key of a campaign, which names its arms."""
    return campaign.rpartition("-")[2]


def begin_campaign(name: str, search: Search, incumbent: Policy, round: int, cost: Cost, now: datetime) -> Row:
    """The row of a campaign that begins."""
    return {
        "campaign": name,
        "number": None,
        "policy": incumbent.name,
        "incumbent": incumbent.title,
        "search": search.model_dump_json(),
        "goal": search.goal,
        "seed": search.seed,
        "round": round,
        "tokens": cost.total,
        "state": "searching",
        "reason": f"searches {len(search.space)} thresholds of {incumbent.title}",
        "correction": None,
        "begun_at": now,
    }


def void_campaigns(rows: Rows, name: str, search: str) -> list[Row]:
    """Open campaigns of the same search that stand on something else: they are void."""
    stale = (row for row in rows if row["campaign"] != name and row["campaign"].rpartition("-")[0] == search)
    return [{**row, "state": "void", "reason": CHANGED} for row in stale if row["state"] in OPEN]


def find_campaign(rows: Rows, name: str) -> Mapping[str, Any]:
    """The row of a campaign that waits for its verification.

    Raises:
        InputError: there is none, its search has not ended, or it is over.
    """
    row = next((row for row in rows if row["campaign"] == name), None)
    if row is None:
        known = ", ".join(row["campaign"] for row in rows if row["state"] == "found") or "none"
        raise InputError(f"rules verify: no campaign {name!r}: those that wait for it are {known}")
    if row["state"] == "searching":
        raise InputError(f"rules verify: the search of campaign {name} has not ended: `resonance rules search` does")
    if row["state"] != "found":
        raise InputError(
            f"rules verify: campaign {name} is {row['state']} ({row['reason']}): its documents were drawn once, and a candidate "
            "returns as a new campaign alone"
        )
    return row


def number_campaign(row: Mapping[str, Any], rows: Rows, shared: float) -> Row:
    """The row with its place among the verified campaigns of its policy, and how levels are corrected; kept where it has them.

    Args:
        row: of the campaign.
        rows: of all campaigns.
        shared: of the documents that judge its candidate, the share that other campaigns used before.
    """
    if row["number"] is not None:
        return dict(row)
    before = [other["number"] for other in rows if other["policy"] == row["policy"] and other["number"] is not None]
    correction: Correction = "spend" if shared > SHARED else "lord"
    return {**row, "number": max(before, default=0) + 1, "correction": correction}


def list_accepted(rows: Rows, policy: str) -> set[int]:
    """The numbers of campaigns of a policy that were accepted."""
    return {row["number"] for row in rows if row["policy"] == policy and row["state"] == "accepted"}


def refuse_trial(kept: Mapping[str, int], stands: Mapping[str, int], search: Search, needed: float) -> str:
    """Why a trial need not be trained; empty where it may be.

    Args:
        kept: bytes of each slice that its policy leaves to draw.
        stands: those that the incumbent leaves.
        search: with the slices that it protects.
        needed: bytes that an arm draws at most.
    """
    if not any(kept.values()):
        return "nothing passes its thresholds"
    if sum(kept.values()) < LEAST_TEXT * needed:
        return f"it leaves too little text: less than {LEAST_TEXT:.0%} of what is drawn"
    for name, size in sorted(stands.items()):
        if search.protects(name) and kept.get(name, 0) < MOST_LOST * size:
            return f"slice {name} loses more than {MOST_LOST:.0%} of its bytes"
    return ""


def describe_values(search: Search, values: Values) -> tuple[dict[str, float], dict[str, str]]:
    """The thresholds of a trial by rule, and whether rules that may be left out are used."""
    moved = {place.rule: float(values[place.name]) for place in search.space if place.side != USE}
    used = {place.rule: "yes" if values[place.name] else "no" for place in search.space if place.side == USE}
    return moved, used


def write_diff(before: Policy, after: Policy) -> str:
    """What differs between two versions of a policy, one line for each rule that does."""
    then, now = ({rule.rule: rule for rule in policy.rules} for policy in (before, after))
    lines = [f"{name}: left out" for name in then if name not in now]
    for name, rule in now.items():
        old = then[name]
        if rule != old:
            lines.append(f"{name} {rule.side}: {old.threshold:g} to {rule.threshold:g}")
    return "\n".join(sorted(lines))


def make_look(
    row: Mapping[str, Any],
    shown: Shown,
    verdict: Verdict,
    seeds: Iterable[int],
    documents: int,
    alpha: float,
    quality: tuple[Quality | None, Quality | None],
) -> Row:
    """The row of one look at a verification."""
    before, after = (None if one is None else one.low for one in quality)
    return {
        "campaign": row["campaign"],
        "look": shown.look,
        "policy": row["policy"],
        "seeds": list(seeds),
        "documents": documents,
        "delta": shown.delta,
        "seed_var": shown.seed_var,
        "doc_var": shown.doc_var,
        "t": shown.t,
        "p": shown.p,
        "share": LOOKS[shown.look - 1].share,
        "p_tilde": shown.p_tilde,
        "alpha": alpha,
        "campaign_number": row["number"],
        "quality_before": before,
        "quality_after": after,
        "guards": {guard.name: guard.bound for guard in verdict.guards},
        "decision": verdict.decision,
        "reason": verdict.reason,
    }


def settle_version(version: Mapping[str, Any], shown: Shown | None, verdict: Verdict, alpha: float) -> Row:
    """The candidate's row of ``rule_versions`` after its verification: tried or rejected, with the effect that looks showed."""
    state = "tried" if verdict.decision == "accepted" else "rejected"
    if shown is None:
        return {**version, "state": state}
    low = shown.bound(LOOKS[shown.look - 1].share * alpha)
    high = shown.ceiling(0.025)
    return {**version, "state": state, "effect": shown.delta, "low": low, "high": high}
