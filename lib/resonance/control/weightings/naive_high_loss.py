"""The harder, the more: a control that should fail.

As selective backprop picks samples: by a power of the share of losses that are no higher. Its gains vanish at equal compute
(Kaddour et al. 2023, "No Train No Gain", arXiv 2307.06440), and among high losses junk gathers.
"""

from __future__ import annotations

from resonance.control.weightings.known import Claim, Known, split_shares
from resonance.core.weighting import NaiveHighLoss


def ask_naive_high_loss(known: Known, parameters: NaiveHighLoss) -> dict[str, Claim]:
    """A slice asks for a power of the share of slices that are no harder than it is."""
    loss = {name: known.loss[name] for name in known.previous if name in known.loss}
    share_below = {name: sum(other <= value for other in loss.values()) / len(loss) for name, value in loss.items()}
    shares = split_shares(known, {name: share**parameters.power for name, share in share_below.items()})
    return {
        name: Claim(
            share, f"{loss[name]:.2f} bits per byte, no less than {share_below[name]:.0%} of slices" if name in loss else ""
        )
        for name, share in shares.items()
    }
