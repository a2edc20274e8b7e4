"""What a weighting is told about slices and samples, what it asks for, and how shares are split among slices that were seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Known:
    """What is known about the slices of a plan, by slice; weights and shares are parts of the token budget.

    Args:
        prior: equal shares within the repeat limit, or the share that a slice joined with.
        previous: weights of the round before; the prior of a slice that joins.
        limit: what the repeat limit leaves.
        held: shares of the bytes that may be drawn.
        loss: bits per byte; a slice is missing where too few of its documents were scored.
        excess: how far bits per byte stand above those of reference models; a slice is missing where none scored it.
        progress: bits per byte that the round before taught for certain, zero where none; a slice is missing where too few tell.
        quality: scores between 0 and 1; a slice is missing where nothing could be measured of it.
        floor: no slice that is scored may ask for less than this share of an even weight.
    """

    prior: Mapping[str, float]
    previous: Mapping[str, float]
    limit: Mapping[str, float]
    held: Mapping[str, float]
    loss: Mapping[str, float] = field(default_factory=dict)
    excess: Mapping[str, float] = field(default_factory=dict)
    progress: Mapping[str, float] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)
    floor: float = 0.0


@dataclass(frozen=True)
class Samples:
    """What is known about single documents before a draw, as rows of tables.

    Args:
        appraisals: those of the round.
        repairs: those of the round.
        excess_loss: those of the round before.
        scores: documents with the ``value`` of the signal that the weighting reads; none where it reads no signal.
    """

    appraisals: DataFrame
    repairs: DataFrame
    excess_loss: DataFrame
    scores: DataFrame


@dataclass(frozen=True)
class Claim:
    """The share that a weighting asks for, and why: what it saw, with figures. A slice that it did not see has no reason."""

    share: float
    reason: str = ""


def split_shares(known: Known, pull: Mapping[str, float], smoothing: float = 0.0) -> dict[str, float]:
    """Shares of all slices: those with a pull split in proportion to it what the others, which keep their weights, leave.

    Args:
        known: what is known about the slices.
        pull: how strongly each slice that was seen asks, in any unit.
        smoothing: the part of what is split that goes to all of them evenly.
    """
    kept = sum(weight for name, weight in known.previous.items() if name not in pull)
    share = max(1.0 - kept, known.floor * len(pull) / len(known.previous))
    total = sum(pull.values()) or 1.0
    even = smoothing / max(len(pull), 1)
    return dict(known.previous) | {name: share * ((1 - smoothing) * pull[name] / total + even) for name in pull}


def climb(known: Known, utility: Mapping[str, float], step: float, smoothing: float) -> dict[str, float]:
    """Shares after one multiplicative step: the round before's, times ``exp(step * utility)``, then smoothed.

    Args:
        known: what is known about the slices.
        utility: of the slices that were seen; any number.
        step: how fast shares follow.
        smoothing: the part that goes to all of them evenly.
    """
    seen = {name: utility[name] for name in known.previous if name in utility}
    most = max(seen.values(), default=0.0)  # taken from all, which changes no share, so that no factor overflows
    pull = {name: known.previous[name] * math.exp(step * (value - most)) for name, value in seen.items()}
    return split_shares(known, pull, smoothing)
