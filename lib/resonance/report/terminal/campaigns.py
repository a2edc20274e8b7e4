"""What `resonance rules search` and `verify` print: what a campaign costs, which trials it tried, and what its looks showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from resonance.report.wording import amount, count, difference, name, share

Rows = Sequence[Mapping[str, Any]]
SHOWN = 12
"""Trials that are listed: those that got farthest, the best of them first."""


def describe_cost(campaign: str, trainings: int, tokens: int, verification: int, took: str) -> list[str | Table]:
    """What a campaign trains at most.

    Args:
        campaign: the search.
        trainings: models of search and verification.
        tokens: of the search.
        verification: tokens of the verification.
        took: how long that takes, in words; empty where nothing tells.
    """
    long = f"about {took} by the pace of the newest round" if took else "for how long was never measured here"
    return [
        f"search {name(campaign)} trains at most {amount(trainings, 'model')} on {count(tokens + verification)} tokens: "
        f"{count(tokens)} to search, up to {count(verification)} to verify; {long}"
    ]


def describe_search(campaign: Mapping[str, Any], trials: Rows) -> list[str | Table]:
    """The trials of a search that got farthest, and what became of it.

    Args:
        campaign: its row of ``campaigns``.
        trials: its rows of ``rule_trials``.
    """
    table = Table(title=f"Trials of campaign {escape(name(campaign['campaign']))}", title_justify="left", caption_justify="left")
    for place, column in enumerate(("trial", "rung", "seeds", "thresholds", "bits/byte", "texts kept", "reason")):
        table.add_column(column, justify="right" if place in (0, 1, 2, 4, 5) else "left", overflow="fold")
    for row in list_farthest(trials)[:SHOWN]:
        value = "–" if row["objective"] is None else f"{row['objective']:.4f}"
        cells = (
            row["trial"],
            row["rung"],
            row["seeds"],
            escape(row["values"]),
            value,
            count(row["kept_docs"]),
            escape(row["reason"]),
        )
        table.add_row(*map(str, cells))
    table.caption = "rung 0 reads stored gains alone: minus the mean gain of what is kept"
    trained = sum(row["tokens"] for row in trials)
    models = sum(row["tokens"] > 0 for row in trials)
    said = f"{amount(models, 'model')} trained on {count(trained)} tokens; campaign {name(campaign['campaign'])}: "
    ended = {"found": f"; `resonance rules verify {name(campaign['campaign'])}`"}.get(campaign["state"], "")
    return [table, said + f"{campaign['state']}, {name(campaign['reason'], 160)}{ended}"]


def list_farthest(trials: Rows) -> list[dict[str, Any]]:
    """One row for each trial at the last rung that it reached: mean objective over seeds; those that got farthest first."""
    last: dict[int, int] = {}
    for row in trials:
        last[row["trial"]] = max(last.get(row["trial"], 0), row["rung"])
    found = []
    for trial, rung in last.items():
        own = [row for row in trials if (row["trial"], row["rung"]) == (trial, rung)]
        values = [row["objective"] for row in own]
        mean = None if None in values else sum(values) / len(values)
        moved = [f"{rule} {value:.4g}" for rule, value in sorted(own[0]["thresholds"].items())]
        used = [f"{rule} {'used' if said == 'yes' else 'left out'}" for rule, said in sorted(own[0]["used"].items())]
        reason = next((row["reason"] for row in own if row["reason"]), "")
        found.append(
            {
                "trial": trial,
                "rung": rung,
                "seeds": len(own),
                "values": ", ".join((*moved, *used)),
                "objective": mean,
                "kept_docs": own[0]["kept_docs"],
                "reason": reason,
            }
        )
    return sorted(found, key=lambda row: (-row["rung"], row["objective"] is None, row["objective"] or 0.0, row["trial"]))


def describe_verification(campaign: Mapping[str, Any], version: Mapping[str, Any], looks: Rows) -> list[str | Table]:
    """What each look showed, and whether the candidate is accepted.

    Args:
        campaign: its row of ``campaigns``.
        version: the candidate's row of ``rule_versions``.
        looks: its rows of ``rule_verifications``.
    """
    title = f"{name(version['policy'])}@{version['version']} against {name(campaign['incumbent'])}"
    table = Table(title=escape(title), title_justify="left", caption_justify="left")
    for column in ("look", "seeds", "documents", "bits/byte saved", "t", "p over all looks", "asked", "worst slice"):
        table.add_column(column, justify="right", overflow="fold")
    for row in sorted(looks, key=lambda row: row["look"]):
        worst = max(row["guards"].items(), key=lambda guard: guard[1], default=None)
        cells = (str(row["look"]), str(len(row["seeds"])), count(row["documents"]), difference(row["delta"]), f"{row['t']:.2f}")
        ends = "" if worst is None else f"{escape(name(worst[0]))} loses up to {share(worst[1])}"
        table.add_row(*cells, f"{row['p_tilde']:.3g}", f"{row['alpha']:.3g}", ends)
    title = f"{version['policy']}@{version['version']}"
    said = f"{campaign['state']}: {name(campaign['reason'], 200)}"
    advice = [f"`resonance rules adopt {title}` has it judge"] if campaign["state"] == "accepted" else []
    return [*([table] if looks else []), said, *advice]
