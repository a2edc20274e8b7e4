"""More for slices of middling loss: what is easiest teaches little, and what is hardest is often junk.

Marion et al. 2023, "When Less is More" (arXiv 2309.04564), rank documents by perplexity and keep the middle;
here slices are ranked.
"""

from __future__ import annotations

from resonance.control.weightings.known import Claim, Known, split_shares
from resonance.core.weighting import PerplexityBand


def ask_perplexity_band(known: Known, parameters: PerplexityBand) -> dict[str, Claim]:
    """A slice asks for its prior share, and for a part of it where its loss ranks outside of the band."""
    loss = {name: known.loss[name] for name in known.previous if name in known.loss}
    ranks = {name: _rank(value, list(loss.values())) for name, value in loss.items()}
    inside = {name: parameters.low <= rank <= parameters.high for name, rank in ranks.items()}
    pull = {name: known.prior[name] * (1.0 if inside[name] else parameters.outside) for name in loss}
    shares = split_shares(known, pull)
    band = f"the band from {parameters.low:g} to {parameters.high:g}"
    seen = {
        name: f"{loss[name]:.2f} bits per byte, rank {ranks[name]:.2f}, {'inside' if inside[name] else 'outside of'} {band}"
        for name in loss
    }
    return {name: Claim(share, seen.get(name, "")) for name, share in shares.items()}


def _rank(value: float, others: list[float]) -> float:
    """Where a value stands among all: 0 is the least, 1 the largest, and equal values share their middle."""
    below, equal = sum(other < value for other in others), sum(other == value for other in others)
    return 0.5 if len(others) == 1 else (below + (equal - 1) / 2) / (len(others) - 1)
