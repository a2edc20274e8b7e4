"""The weighting above_mean@1: slices that the model finds harder than the mean are drawn more, within bounds. Pure, k-vectors only.

The utility, its exponent, the smoothing and the bounds follow the domain reweighting of DoReMi (arXiv 2305.10429), held
back on purpose: weights that follow high losses freely chase noise (arXiv 2605.07551). The repeat limit follows
Muennighoff et al. (arXiv 2305.16264): up to four epochs are nearly as good as fresh text.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, median

import numpy as np

from resonance.control.case import FREE, Case, bounds
from resonance.control.plan import Plan
from resonance.control.reasons import first_reason, next_reason, shortfall
from resonance.control.shares import water_fill
from resonance.core.settings import DecideSettings

NOTHING = 1e-9
"""Bits per byte below which a difference is rounding."""


def utility(loss: Mapping[str, float]) -> dict[str, float]:
    """How far each slice's loss stands above the mean: in medians of the positive distances, cut at their 95th percentile."""
    mean = fmean(loss.values()) if loss else 0.0
    above = [value - mean for value in loss.values() if value - mean > NOTHING]
    if not above:
        return dict.fromkeys(loss, 0.0)
    top = float(np.percentile(above, 95))
    return {name: min(max(value - mean, 0.0), top) / median(above) for name, value in loss.items()}


def cases(
    last: Plan, loss: Mapping[str, float], settings: DecideSettings, *, prior: Mapping[str, float], limit: Mapping[str, float]
) -> dict[str, Case]:
    """What the weighting knows and asks for, by slice of ``limit``; a slice that the last plan lacks starts from its prior."""
    previous = {name: last.weights.get(name, prior[name]) for name in sorted(limit)}
    scored = [name for name in previous if name in loss]
    share = max(1.0 - sum(previous[name] for name in previous if name not in loss), settings.floor * len(scored) / len(previous))
    useful = utility(loss)
    pull = {name: prior[name] * (settings.utility_floor + useful[name]) ** (1 / settings.temperature) for name in scored}
    total = sum(pull.values()) or 1.0
    even = settings.smoothing / max(len(scored), 1)
    asked = previous | {name: share * ((1 - settings.smoothing) * pull[name] / total + even) for name in scored}
    mean = fmean(loss.values()) if loss else None
    return {name: Case(previous[name], prior[name], limit[name], asked[name], loss.get(name), mean) for name in previous}


def stratify(limit: Mapping[str, float], settings: DecideSettings) -> Plan:
    """The plan of round 1: an equal share for each slice, as far as the repeat limit allows."""
    allowed = {name: FREE.clamped("limit", 0.0, limit[name]) for name in sorted(limit)}
    weights = water_fill(dict.fromkeys(allowed, 1 / max(len(allowed), 1)), allowed)
    note = shortfall(weights)
    return Plan(1, weights, {name: first_reason(weights, limit, name, settings) + note for name in weights})


def decide(
    last: Plan, loss: Mapping[str, float], settings: DecideSettings, *, prior: Mapping[str, float], limit: Mapping[str, float]
) -> Plan:
    """The plan after ``last``: draw more from slices whose loss stands above the mean of all slices, each weight with its reason.

    Args:
        last: the round before.
        loss: bits per byte by slice; a slice that is missing keeps its weight.
        settings: figures of the weighting.
        prior: weights of round 1 (for a slice that joined later: the one it joins with).
        limit: largest share that the repeat limit allows, by slice; names the slices of the new plan.
    """
    known = cases(last, loss, settings, prior=prior, limit=limit)
    allowed = {name: bounds(case, settings, len(known)) for name, case in known.items()}
    weights = water_fill({name: case.asked for name, case in known.items()}, allowed)
    note = shortfall(weights)
    return Plan(
        last.round + 1,
        weights,
        {name: next_reason(known[name], allowed[name], weight, settings) + note for name, weight in weights.items()},
    )
