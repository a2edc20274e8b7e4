"""Why a weight is what it is, as a sentence with figures."""

from __future__ import annotations

import math
from collections.abc import Mapping

from resonance.control.case import Bounds, Case
from resonance.core.settings import DecideSettings


def explain_fixed(case: Case, weight: float, settings: DecideSettings) -> str:
    """The reason of a weight that follows no loss; ``case.seen`` names what is asked for, with its article."""
    if _same(weight, case.limit):
        return f"{case.seen} would be {_share(case.asked)}: {_describe_limit(case, settings)}"
    plainly = case.seen.partition(" ")[2]
    if _same(weight, case.asked):
        return plainly
    return f"{plainly} ({_share(case.asked)}), raised to {_share(weight)} by what capped slices leave"


def explain_moved(case: Case, bounds: Bounds, weight: float, settings: DecideSettings) -> str:
    """The reason of a weight that follows losses: what was seen, what was asked for, what became of it."""
    outcome = _describe_bound(case, bounds, weight, settings)
    if not case.seen:
        return f"too few of its documents were scored: {outcome}"
    return f"{case.seen}: asked for {_change(case.asked, case.previous)}, {outcome}"


def explain_shortfall(weights: Mapping[str, float]) -> str:
    """A remark for each reason where the caps leave shares that cannot sum to one, else nothing."""
    total = math.fsum(weights.values())
    if total >= 1 - 1e-9:
        return ""
    return f"; the repeat limit (decide.max_exposures) leaves shares that sum to {_share(total)}, so that fewer tokens are drawn"


def _describe_bound(case: Case, bounds: Bounds, weight: float, settings: DecideSettings) -> str:
    rule = ""
    if _same(weight, bounds.high):
        rule = bounds.high_rule
    elif _same(weight, bounds.low):
        rule = bounds.low_rule
    factor = weight / case.prior if rule == "total" else weight / case.previous if case.previous else 0.0
    words = {
        "limit": _describe_limit(case, settings),
        "floor": f"held at the floor, {_number(settings.floor)} of an even share",
        "total": f"limited to {_number(factor)}× its share of round 1",
        "change": f"limited to {_number(factor)}× a round",
        "kept": f"kept at {_share(weight)}",
    }
    return words[rule] if rule else _describe_move(case, weight)


def _describe_move(case: Case, weight: float) -> str:
    given, asked = _change(weight, case.previous), _change(case.asked, case.previous)
    if _same(weight, case.previous) or given == "1×":
        verb = "kept"
    else:
        verb = f"{'raised' if weight > case.previous else 'lowered'} to {given}"
    return verb if given == asked else f"{verb} for shares to sum to one"


def _describe_limit(case: Case, settings: DecideSettings) -> str:
    draws = f"{_number(settings.max_exposures)} draws of a document over all rounds"
    if case.held <= 0:
        return "no document of it is left to draw"
    return f"capped at {_share(case.limit)} by the repeat limit of {draws}" if case.limit > 0 else f"nothing is left within {draws}"


def _change(share: float, previous: float) -> str:
    return f"{_number(share / previous)}×" if previous else _share(share)


def _share(value: float) -> str:
    return f"{value:.2%}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
