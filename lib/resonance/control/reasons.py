"""Why a weight is what it is, as a sentence with figures."""

from __future__ import annotations

import math
from collections.abc import Mapping

from resonance.control.case import Bounds, Case
from resonance.core.settings import DecideSettings


def first_reason(weights: Mapping[str, float], limit: Mapping[str, float], name: str, settings: DecideSettings) -> str:
    """The reason of one slice's weight in round 1."""
    slices = len(weights)
    if _same(weights[name], limit[name]):
        return f"an equal share of {slices} slices would be {_share(1 / slices)}: {_capped(limit[name], settings)}"
    if _same(weights[name], 1 / slices):
        return f"equal share of {slices} slices"
    return f"equal share of {slices} slices ({_share(1 / slices)}), raised to {_share(weights[name])} by what capped slices leave"


def next_reason(case: Case, bounds: Bounds, weight: float, settings: DecideSettings) -> str:
    """The reason of one slice's weight in a later round: what was seen, what was asked for, what became of it."""
    outcome = _outcome(case, bounds, weight, settings)
    if case.bpb is None or case.mean is None:
        return f"too few of its documents were scored: {outcome}"
    side = "above" if case.bpb >= case.mean else "below"
    seen = f"{abs(case.bpb - case.mean):.2f} bits per byte {side} the mean of {case.mean:.2f}"
    return f"{seen}: asked for {_change(case.asked, case.previous)}, {outcome}"


def shortfall(weights: Mapping[str, float]) -> str:
    """A remark for each reason where shares cannot sum to one, else nothing."""
    total = math.fsum(weights.values())
    return f"; all shares sum to {_share(total)}, so that fewer tokens are drawn" if total < 1 - 1e-9 else ""


def _outcome(case: Case, bounds: Bounds, weight: float, settings: DecideSettings) -> str:
    rule = ""
    if _same(weight, bounds.high):
        rule = bounds.high_rule
    elif _same(weight, bounds.low):
        rule = bounds.low_rule
    factor = weight / case.prior if rule == "total" else weight / case.previous if case.previous else 0.0
    told = {
        "limit": _capped(case.limit, settings),
        "floor": f"held at the floor, {_number(settings.floor)} of an even share",
        "total": f"limited to {_number(factor)}× its share of round 1",
        "change": f"limited to {_number(factor)}× a round",
        "kept": f"kept at {_share(weight)}",
    }
    return told[rule] if rule else _moved(case, weight)


def _moved(case: Case, weight: float) -> str:
    given, asked = _change(weight, case.previous), _change(case.asked, case.previous)
    if _same(weight, case.previous) or given == "1×":
        verb = "kept"
    else:
        verb = f"{'raised' if weight > case.previous else 'lowered'} to {given}"
    return verb if given == asked else f"{verb} for shares to sum to one"


def _capped(limit: float, settings: DecideSettings) -> str:
    draws = f"{_number(settings.max_exposures)} draws of a document over all rounds"
    return f"capped at {_share(limit)} by the repeat limit of {draws}" if limit > 0 else f"nothing is left within {draws}"


def _change(share: float, previous: float) -> str:
    return f"{_number(share / previous)}×" if previous else _share(share)


def _share(value: float) -> str:
    return f"{value:.2%}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
