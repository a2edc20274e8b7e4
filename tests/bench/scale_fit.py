"""How the costs of steps grow with the corpus, fitted to several sizes, and what they come to on a larger one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from tests.bench.scale_run import DRIVER, MEASURES

SURE = 0.95
SMALL = 0.01
"""Steps with a smaller share of everything at the largest size, by every measure, are fitted together, job by job."""
UNSURE = 0.5
"""A growth whose exponent may be off by more is not carried on: over four powers of ten it would say anything."""
REST = "all else"
FEWEST = 3
"""Sizes that a fit needs."""


@dataclass(frozen=True)
class Power:
    """A cost that grows with a power of the corpus: what a straight line through logarithms tells.

    Args:
        exponent: of the growth; 1 is linear.
        off: half of the interval that holds the exponent with 95 % confidence.
        assumed: whether the growth is taken for linear from the largest size, as the costs do not tell it.
    """

    exponent: float
    off: float
    middle: float
    at_middle: float
    spread: float
    error: float
    sizes: int
    assumed: bool = False

    @classmethod
    def fit(cls, sizes: Sequence[float], costs: Sequence[float]) -> Power:
        """The power through these points, of which there are three at least."""
        x, y = np.log(sizes), np.log(costs)
        spread = float(((x - x.mean()) ** 2).sum())
        exponent = float(((x - x.mean()) * (y - y.mean())).sum() / spread)
        left = y - y.mean() - exponent * (x - x.mean())
        error = math.sqrt(float((left**2).sum()) / (len(x) - 2))
        off = quantile(len(x)) * error / math.sqrt(spread)
        if off > UNSURE:
            return cls(1.0, off, float(x[-1]), float(y[-1]), spread, 0.0, len(x), assumed=True)
        return cls(exponent, off, float(x.mean()), float(y.mean()), spread, error, len(x))

    def predict(self, size: float) -> tuple[float, float, float]:
        """The cost of a corpus of that size, and the ends of the interval that holds it with 95 % confidence if the power does."""
        away = math.log(size) - self.middle
        cost = self.at_middle + self.exponent * away
        off = quantile(self.sizes) * self.error * math.sqrt(1 / self.sizes + away**2 / self.spread)
        return math.exp(cost), math.exp(cost - off), math.exp(min(cost + off, 700))


def quantile(sizes: int) -> float:
    """By how many standard errors an interval reaches to each side."""
    return float(stats.t.ppf((1 + SURE) / 2, sizes - 2))


def list_series(runs: Sequence[Mapping[str, Any]], measure: str) -> dict[tuple[str, str], list[float]]:
    """What each step cost beyond the start, run for run, by job and step; the first run is all start.

    Steps that cost little at the largest size are added up, job by job.
    """
    costs = [{(one["job"], one["step"]): float(one[measure]) for one in run["costs"]} for run in runs]
    own = find_large(runs[-1]["costs"])
    found: dict[tuple[str, str], list[float]] = {}
    for job, step in dict.fromkeys(name for run in reversed(costs) for name in run):
        key = (job, step) if (job, step) in own else (job, REST)
        beyond = [run.get((job, step), 0.0) - costs[0].get((job, step), 0.0) for run in costs[1:]]
        found[key] = [a + b for a, b in zip(found.get(key, [0.0] * len(beyond)), beyond, strict=True)]
    return found


def find_large(costs: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The steps that have a share by some measure."""
    whole = {measure: sum(one[measure] for one in costs) for measure in MEASURES}
    return {(one["job"], one["step"]) for one in costs if any(one[name] > SMALL * whole[name] for name in MEASURES)}


def fit_all(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[tuple[str, str], Power]]:
    """For each measure the powers of the steps; of those whose costs beyond the start can be told from nothing at three sizes."""
    found: dict[str, dict[tuple[str, str], Power]] = {}
    for measure in MEASURES:
        found[measure] = {}
        for name, costs in list_series(runs, measure).items():
            points = [(run["bytes"], cost) for run, cost in zip(runs[1:], costs, strict=True) if cost > 0]
            if len(points) >= FEWEST and costs[-1] > 0:
                found[measure][name] = Power.fit(*zip(*points, strict=True))
    return found


def extrapolate(powers: Mapping[str, Mapping[tuple[str, str], Power]], size: float) -> dict[str, dict[str, float]]:
    """What a corpus of that size costs by each measure: the driver apart, the sums of steps, and of the ends of their intervals."""
    found: dict[str, dict[str, float]] = {}
    for measure, steps in powers.items():
        ends = [power.predict(size) for (job, _), power in steps.items() if job != DRIVER]
        found[measure] = dict(zip(("cost", "least", "most"), map(sum, zip(*ends, strict=True)), strict=True)) if ends else {}
    if driver := powers["core_seconds"].get((DRIVER, DRIVER)):
        found["driver_seconds"] = dict(zip(("cost", "least", "most"), driver.predict(size), strict=True))
    return found
