"""Equal shares: what every other way of mixing slices is measured against.

Chen et al. 2024, "Aioli" (arXiv 2411.05735): none of the methods that they tried beats it consistently.
"""

from __future__ import annotations

from resonance.control.weightings.known import Claim, Known
from resonance.core.weighting import Parameters


def ask_stratified(known: Known, parameters: Parameters) -> dict[str, Claim]:
    """Each slice asks for the same."""
    slices = len(known.limit)
    return dict.fromkeys(known.limit, Claim(1 / max(slices, 1), f"an equal share of {slices} slices"))
