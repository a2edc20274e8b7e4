"""Every kind of weighting, one module each: from what is known about slices to the shares that it asks for, with reasons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resonance.control.weightings.above_mean import ask_above_mean
from resonance.control.weightings.doremi import ask_doremi
from resonance.control.weightings.known import Claim, Known
from resonance.control.weightings.naive_high_loss import ask_naive_high_loss
from resonance.control.weightings.perplexity_band import ask_perplexity_band
from resonance.control.weightings.stratified import ask_stratified
from resonance.control.weightings.uniform import ask_uniform
from resonance.core.weighting import AboveMean, DoReMi, NaiveHighLoss, Parameters, PerplexityBand, Stratified, Uniform

Ask = Callable[[Known, Any], dict[str, Claim]]

KINDS: tuple[tuple[type[Parameters], Ask], ...] = (
    (Uniform, ask_uniform),
    (Stratified, ask_stratified),
    (AboveMean, ask_above_mean),
    (DoReMi, ask_doremi),
    (PerplexityBand, ask_perplexity_band),
    (NaiveHighLoss, ask_naive_high_loss),
)


def ask_shares(known: Known, parameters: Parameters) -> dict[str, Claim]:
    """What the weighting with these parameters asks for, by slice."""
    ask = dict(KINDS)[type(parameters)]
    return ask(known, parameters)
