"""Drafts what to ask for after a round, as YAML that people edit: each line with its evidence, or marked as a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from resonance.core.causes import ABSTAIN
from resonance.core.moves import Moves

Rows = Sequence[Mapping[str, Any]]


def draft_work(verdicts: Rows, items: Rows, moves: Moves, metric: str, number: int) -> str:
    """The draft of one round.

    Args:
        verdicts: rows of table ``verdicts`` of the round.
        items: rows of table ``work_items`` of the round: what its verdicts ask for.
        moves: what answers a cause; of slices without one its rows are guesses.
        metric: what falls short on these slices.
        number: the round.
    """
    asked = [_draft_item(item) for item in sorted(items, key=lambda item: (item["kind"], item["slice"]))]
    unknown = sorted((row for row in verdicts if row["cause"] == ABSTAIN), key=lambda row: row["slice"])
    guessed = [_draft_guess(row, moves, metric) for row in unknown]
    head = f"# Draft after round {number}, by moves {moves.title}. Nothing is done until somebody does it.\n"
    head += "# basis: measured, by a test whose figures stand under evidence; or guess, which the run under settle would settle.\n"
    return head + yaml.safe_dump({"round": number, "asks": asked + guessed}, sort_keys=False, allow_unicode=True, width=120)


def _draft_item(item: Mapping[str, Any]) -> dict[str, Any]:
    asked = {name: item[name] for name in ("slice", "kind", "cause", "act", "move", "role")}
    shown = {"basis": "measured", "evidence": item["evidence"], "confidence": _round(item["confidence"])}
    span = {} if item["low"] is None else {"interval": [_round(item["low"]), _round(item["high"])]}
    return {"item": item["item"], **asked, **shown, **span}


def _draft_guess(row: Mapping[str, Any], moves: Moves, metric: str) -> dict[str, Any]:
    """A slice whose cause no test decides: the likeliest move, and what else it may be."""
    first, *others = moves.guess(metric)
    guess = {"slice": row["slice"], "cause": first.cause, "act": first.act, "move": first.move, "role": first.role}
    told = {"basis": "guess", "evidence": row["reason"], "settle": row["settle"], "decides": first.statistic}
    return {**guess, **told, "or_else": [other.cause for other in others]}


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
