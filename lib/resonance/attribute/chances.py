"""Distributions and tests in closed form: nothing here reads a table. Tests compare each with SciPy, statsmodels or NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resonance.core.student import exceed_t

CERTAIN = 1.959964
"""Standard errors on each side of a two-sided interval at 95 %."""


@dataclass(frozen=True)
class Moments:
    """Number, mean and variance (n - 1 in the denominator) of a group of values."""

    n: int
    mean: float
    variance: float

    @classmethod
    def sum_up(cls, n: int, total: float, squares: float) -> Moments:
        """The moments of ``n`` values with this sum and this sum of squares; of fewer than two values the variance is 0."""
        mean = total / n if n else 0.0
        spread = max(squares - n * mean * mean, 0.0)
        return cls(n, mean, spread / (n - 1) if n > 1 else 0.0)

    @property
    def square_error(self) -> float:
        """The squared standard error of the mean."""
        return self.variance / max(self.n, 1)


def find_upper_tail(z: float) -> float:
    """The chance that a standard normal number exceeds ``z``."""
    return math.erfc(z / math.sqrt(2)) / 2


def judge_mean(value: float, error: float, least: float = 0.0) -> float:
    """One-sided p of a normal ``value`` against the claim that it is ``least`` or less."""
    if error <= 0:
        return 0.0 if value > least else 1.0
    return find_upper_tail((value - least) / error)


def judge_welch(one: Moments, other: Moments) -> float:
    """One-sided p of Welch's t test: whether ``one`` has the larger mean. 1 where a group has fewer than two values."""
    if one.n < 2 or other.n < 2:
        return 1.0
    error = one.square_error + other.square_error
    if error <= 0:
        return 0.0 if one.mean > other.mean else 1.0
    freedom = error**2 / (one.square_error**2 / (one.n - 1) + other.square_error**2 / (other.n - 1))
    return float(exceed_t((one.mean - other.mean) / math.sqrt(error), freedom))


def measure_effect(one: Moments, other: Moments) -> float:
    """The difference of two means over the root of the mean of their variances; 0 without spread (arXiv 1807.06068)."""
    spread = one.variance + other.variance
    return math.sqrt(2) * (one.mean - other.mean) / math.sqrt(spread) if spread > 0 else 0.0


def find_wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's interval at 95 % of a share of ``hits`` in ``n``; the whole range where there is none."""
    if n == 0:
        return 0.0, 1.0
    z, share = CERTAIN, hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def judge_share(hits: int, n: int, least: float) -> float:
    """One-sided p of a share against the claim that it is ``least`` or less, by the score test that Wilson's interval inverts."""
    return judge_mean(hits / n, math.sqrt(least * (1 - least) / n), least) if n else 1.0


def judge_shares(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """One-sided p of the two-proportion z test: whether the first share is the larger one."""
    if not n or not other_n:
        return 1.0
    pooled = (hits + other_hits) / (n + other_n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return judge_mean(hits / n - other_hits / other_n, error)


def adjust_discoveries(chances: Sequence[float]) -> list[float]:
    """Adjusted p values by Benjamini and Hochberg 1995: those at most q are discoveries at a false discovery rate of q."""
    order = sorted(range(len(chances)), key=lambda at: chances[at], reverse=True)
    adjusted, least = [0.0] * len(chances), 1.0
    for place, at in enumerate(order):
        least = min(least, chances[at] * len(chances) / (len(chances) - place))
        adjusted[at] = least
    return adjusted


def adjust_family(chances: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p values by Holm 1979: where those up to a level are rejected, any false rejection has at most that chance."""
    adjusted, most = {}, 0.0
    for place, name in enumerate(sorted(chances, key=lambda name: (chances[name], name))):
        most = max(most, min(chances[name] * (len(chances) - place), 1.0))
        adjusted[name] = most
    return adjusted


def rank_groups(one: Mapping[int, float], other: Mapping[int, float]) -> tuple[float, float]:
    """The area under the ROC curve of scores, counted by value in two groups, and its standard error.

    The area is the chance that a value of ``one`` exceeds one of ``other``, ties counting half. Error: Hanley and McNeil 1982.
    """
    n, m = sum(one.values()), sum(other.values())
    if not n or not m:
        return 0.5, math.inf
    below, wins = 0.0, 0.0
    for value in sorted(set(one) | set(other)):
        wins += one.get(value, 0) * (below + other.get(value, 0) / 2)
        below += other.get(value, 0)
    area = wins / (n * m)
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    square = area * (1 - area) + (n - 1) * (first - area * area) + (m - 1) * (second - area * area)
    return area, math.sqrt(max(square, 0.0) / (n * m))
