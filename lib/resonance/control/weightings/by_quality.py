"""More for slices that an assessment scores higher. A score says how sound texts are, not what a model would learn of them.

Scores do not depend on what was drawn, so that the same documents are asked for in every round.
"""

from __future__ import annotations

from statistics import fmean

from resonance.control.weightings.known import Claim, Known, split_shares
from resonance.core.weighting import ByQuality


def ask_by_quality(known: Known, parameters: ByQuality) -> dict[str, Claim]:
    """A slice asks for its prior share, times a power of its score; then smoothed."""
    seen = {name: known.quality[name] for name in known.previous if name in known.quality}
    mean = fmean(seen.values()) if seen else 0.0
    pull = {name: known.prior[name] * score**parameters.power for name, score in seen.items()}
    if not any(pull.values()):
        pull = {name: known.prior[name] for name in seen}
    shares = split_shares(known, pull, parameters.smoothing)
    return {
        name: Claim(share, f"quality {seen[name]:.3f}, mean {mean:.3f}" if name in seen else "") for name, share in shares.items()
    }
