"""Every kind of weighting, one module each: from what is known about slices to the shares that it asks for, with reasons.

Some kinds say besides how much less than its slice a single document is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from resonance.control.weightings.above_mean import ask_above_mean
from resonance.control.weightings.by_quality import ask_by_quality
from resonance.control.weightings.by_score import weigh_by_score
from resonance.control.weightings.color import weigh_color
from resonance.control.weightings.doremi import ask_doremi
from resonance.control.weightings.known import Claim, Known, Samples
from resonance.control.weightings.naive_high_loss import weigh_naive_high_loss
from resonance.control.weightings.perplexity_band import ask_perplexity_band
from resonance.control.weightings.resonance import ask_resonance, weigh_resonance
from resonance.control.weightings.rho import weigh_rho
from resonance.control.weightings.stratified import ask_stratified
from resonance.control.weightings.uniform import ask_uniform
from resonance.core.weighting import (
    AboveMean,
    ByQuality,
    ByScore,
    Color,
    DoReMi,
    NaiveHighLoss,
    Parameters,
    PerplexityBand,
    Resonance,
    Rho,
    Stratified,
    Uniform,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Ask = Callable[[Known, Any], dict[str, Claim]]
Weigh = Callable[[Samples, Any], "DataFrame"]

KINDS: tuple[tuple[type[Parameters], Ask], ...] = (
    (Uniform, ask_uniform),
    (Stratified, ask_stratified),
    (AboveMean, ask_above_mean),
    (DoReMi, ask_doremi),
    (PerplexityBand, ask_perplexity_band),
    (NaiveHighLoss, ask_uniform),
    (Rho, ask_uniform),
    (Color, ask_uniform),
    (Resonance, ask_resonance),
    (ByScore, ask_stratified),
    (ByQuality, ask_by_quality),
)

SAMPLE_KINDS: Mapping[type[Parameters], Weigh] = {
    NaiveHighLoss: weigh_naive_high_loss,
    Rho: weigh_rho,
    Color: weigh_color,
    Resonance: weigh_resonance,
    ByScore: weigh_by_score,
}
"""Kinds that weigh samples too: rows of documents that are drawn less than their slice, each with ``factor`` and ``reason``."""


def ask_shares(known: Known, parameters: Parameters) -> dict[str, Claim]:
    """What the weighting with these parameters asks for, by slice."""
    ask = dict(KINDS)[type(parameters)]
    return ask(known, parameters)
