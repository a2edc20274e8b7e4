"""What the next round draws, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Weights of slices for one round: shares of the round's token budget that sum to one, each with its reason."""

    round: int
    weights: Mapping[str, float]
    reasons: Mapping[str, str]
