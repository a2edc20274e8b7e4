"""More for slices whose losses stand above those of reference models: Xie et al. 2023, "DoReMi" (arXiv 2305.10429).

The paper takes one step for each step of a small model and averages the weights; here a round is a step. Its excess is clipped at
zero by token and counted in nats a token, ours by text and in bits per byte, which compare across tokenizers.
"""

from __future__ import annotations

from resonance.control.weightings.known import Claim, Known, climb
from resonance.core.weighting import DoReMi


def ask_doremi(known: Known, parameters: DoReMi) -> dict[str, Claim]:
    """A slice asks for its weight of the round before, times a factor that grows with its clipped excess loss, then smoothed."""
    excess = {name: max(value, 0.0) for name, value in known.excess.items()}
    shares = climb(known, excess, parameters.step, parameters.smoothing)
    return {name: Claim(share, _describe(excess[name]) if name in excess else "") for name, share in shares.items()}


def _describe(excess: float) -> str:
    return f"{excess:.2f} bits per byte above reference models"
