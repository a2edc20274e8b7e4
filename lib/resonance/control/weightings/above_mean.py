"""More for slices that the model finds harder than the mean of all.

The utility, its exponent and the smoothing follow the domain reweighting of DoReMi (arXiv 2305.10429), held back on purpose:
weights that follow high losses freely chase noise (arXiv 2605.07551).
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, median

import numpy as np

from resonance.control.weightings.known import Claim, Known, split_shares
from resonance.core.weighting import AboveMean

NOTHING = 1e-9
"""Bits per byte below which a difference is rounding."""


def ask_above_mean(known: Known, parameters: AboveMean) -> dict[str, Claim]:
    """A slice asks for its prior share, times a root of how far its loss stands above the mean."""
    seen = [name for name in known.previous if name in known.loss]
    mean = fmean(known.loss.values()) if known.loss else 0.0
    useful = find_utility(known.loss)
    pull = {name: known.prior[name] * (parameters.utility_floor + useful[name]) ** (1 / parameters.temperature) for name in seen}
    shares = split_shares(known, pull, parameters.smoothing)
    return {name: Claim(share, _describe(known.loss[name], mean) if name in pull else "") for name, share in shares.items()}


def find_utility(loss: Mapping[str, float]) -> dict[str, float]:
    """How far each slice's loss stands above the mean: in medians of the positive distances, cut at their 95th percentile."""
    mean = fmean(loss.values()) if loss else 0.0
    above = [value - mean for value in loss.values() if value - mean > NOTHING]
    if not above:
        return dict.fromkeys(loss, 0.0)
    top = float(np.percentile(above, 95))
    return {name: min(max(value - mean, 0.0), top) / median(above) for name, value in loss.items()}


def _describe(loss: float, mean: float) -> str:
    side = "above" if loss >= mean else "below"
    return f"{abs(loss - mean):.2f} bits per byte {side} the mean of {mean:.2f}"
