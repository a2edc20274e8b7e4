"""The arms of the experiment on effect: what each draws from, by which weighting, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

OURS, SHORT = "ours", "ours, short look"
"""Arms whose computing other arms may spend on text."""
MOVING = str(Path(__file__).parent / "weightings/resonance_moving.yaml")
"""Weighting ``resonance`` whose slices take steps."""


@dataclass(frozen=True)
class Arm:
    """One way to draw.

    Args:
        name: what tables and plots call it.
        weighting: a name in ``conf/weightings``, or a file.
        delivery: which delivery it draws from.
        dedupe: how copies are looked for.
        size: its text as a multiple of T.
        like: the arm whose computing it spends on text, instead of a size.
        reach: ``appraise.reach``.
        characters: ``appraise.characters``.
        rounds: rounds that its text is split over; a weighting that reads what a round left needs two.
        target: slices that reference models are tuned on.
    """

    name: str
    weighting: str
    delivery: str = "delivered"
    dedupe: str = "none"
    size: float = 1.0
    like: str = ""
    reach: float = 1.5
    characters: int = 256
    rounds: int = 1
    target: tuple[str, ...] = ()


ARMS = (
    Arm("uniform", "uniform"),
    Arm("stratified", "stratified"),
    Arm("stratified, no copies", "stratified", dedupe="minhash"),
    Arm("naive high loss", "naive_high_loss", reach=3.0),
    Arm(OURS, "resonance", dedupe="minhash"),
    Arm("ours, T/2", "resonance", dedupe="minhash", size=0.5),
    Arm("oracle", "stratified", delivery="sound"),
    Arm("uniform, equal compute", "uniform", like=OURS),
    Arm("stratified, equal compute", "stratified", like=OURS),
    Arm(SHORT, "resonance", dedupe="minhash", reach=1.2, characters=64),
    Arm("stratified, as short look", "stratified", like=SHORT),
    Arm("two rounds: stratified", "stratified", rounds=2),
    Arm("two rounds: ours", "resonance", dedupe="minhash", rounds=2),
    Arm("two rounds: ours, moving", MOVING, dedupe="minhash", rounds=2),
    Arm("two rounds: perplexity band", "perplexity_band", rounds=2),
    Arm("two rounds: doremi", "doremi", rounds=2),
    Arm("two rounds: rho", "rho", rounds=2),
    Arm("two rounds: color", "color", rounds=2, target=("german",)),
    Arm("clean, stratified", "stratified", delivery="clean"),
    Arm("clean, ours", "resonance", delivery="clean", dedupe="minhash"),
)


@dataclass(frozen=True)
class Outcome:
    """What an arm came to: bits per byte by slice, and what that took.

    Args:
        arm: its name.
        seed: of everything that was drawn.
        bpb: bits per byte by slice.
        tokens: tokens that its model was trained on.
        read: tokens that a model read besides.
        seconds: from start to end.
        besides: tokens that reference models were trained on.
        cpu_seconds: processor time of all its processes; None where it was not looked at.
    """

    arm: str
    seed: int
    bpb: Mapping[str, float]
    tokens: int
    read: int
    seconds: float
    besides: int = 0
    cpu_seconds: float | None = None

    @property
    def macro(self) -> float:
        """The mean over slices."""
        return float(np.mean(list(self.bpb.values())))

    @property
    def charged(self) -> float:
        """Tokens that any model was trained on, and a third of those that were only read."""
        return self.tokens + self.besides + self.read / 3
