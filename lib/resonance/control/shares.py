"""Shares that sum to one within bounds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping

from resonance.control.case import Bounds


def water_fill(asked: Mapping[str, float], bounds: Mapping[str, Bounds]) -> dict[str, float]:
    """Shares within their bounds that sum to one, and stand to each other as was asked wherever no bound binds.

    Upper bounds that sum to less than one are all reached and the sum stays below; lower bounds that sum to more than one
    give way in proportion. A share is ``clip(level * asked, low, high)`` at one common level. The sum grows with the level
    and bends only where a slice meets a bound, so the level is found between two such points, without iterating to a limit.
    """
    least = math.fsum(bound.low for bound in bounds.values())
    if least >= 1.0:
        return {name: bound.low / least for name, bound in bounds.items()}

    def total(level: float) -> float:
        return math.fsum(_at(level, asked, bounds).values())

    pulled = [(asked[name], bound) for name, bound in bounds.items() if asked[name] > 0]
    points = sorted({edge / pull for pull, bound in pulled for edge in (bound.low, min(bound.high, 1.0))})
    after = bisect_left(points, 1.0, key=total)
    if after == 0 or after == len(points):
        return _at(points[after - 1] if after else 0.0, asked, bounds)
    low, high = points[after - 1], points[after]
    return _at(low + (1.0 - total(low)) / (total(high) - total(low)) * (high - low), asked, bounds)


def _at(level: float, asked: Mapping[str, float], bounds: Mapping[str, Bounds]) -> dict[str, float]:
    return {name: min(max(level * asked[name], bound.low), bound.high) for name, bound in bounds.items()}
