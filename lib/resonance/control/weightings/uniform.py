"""Shares in proportion to the text at hand."""

from __future__ import annotations

from resonance.control.weightings.known import Claim, Known
from resonance.core.weighting import Parameters


def ask_uniform(known: Known, parameters: Parameters) -> dict[str, Claim]:
    """Each slice asks for its share of the bytes that may be drawn, and so of the tokens."""
    return {name: Claim(known.held.get(name, 0.0), "the share of all text at hand") for name in known.limit}
