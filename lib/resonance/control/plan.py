"""What the next round draws, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resonance.control.case import Case


@dataclass(frozen=True)
class Plan:
    """Weights of slices for one round: shares of the round's token budget, each with its reason and with what it was set from."""

    round: int
    weights: Mapping[str, float]
    reasons: Mapping[str, str]
    cases: Mapping[str, Case]
