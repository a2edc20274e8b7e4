"""Student's t distribution with whole degrees of freedom, in closed form: no package is needed for a handful of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

HALVINGS = 200
"""Steps of a bisection: more than the digits of a double."""


def exceed_t(t: ArrayLike, freedom: int) -> NDArray[Any]:
    """The chance that Student's t lies above ``t``, for each number of ``t``.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 (odd) and 26.7.4 (even). Exact to about 1e-15, so that
    chances far below that are not told apart.

    Args:
        t: numbers; infinite ones have their limits.
        freedom: degrees of freedom, at least 1.
    """
    angle = np.arctan(np.asarray(t, dtype=float) / math.sqrt(freedom))
    sine, cosine = np.sin(angle), np.cos(angle)
    odd = freedom % 2
    term = cosine if odd else np.ones_like(cosine)
    total = np.zeros_like(cosine)
    for power in range(odd, freedom - 1, 2):
        total = total + term
        term = term * cosine**2 * ((power + 1) / (power + 2))
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return np.clip((1 - inside) / 2, 0.0, 1.0)


def find_t(chance: float, freedom: int) -> float:
    """The number that Student's t exceeds with this ``chance``, above 0 and below 1: found by bisection."""
    angle_low, angle_high = -math.pi / 2, math.pi / 2
    for _ in range(HALVINGS):
        middle = (angle_low + angle_high) / 2
        if exceed_t(math.tan(middle), freedom) > chance:
            angle_low = middle
        else:
            angle_high = middle
    return math.tan((angle_low + angle_high) / 2)
