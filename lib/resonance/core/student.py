"""Student's t distribution by the incomplete beta function: no package is needed for a handful of numbers.

``Numerical Recipes`` 6.4 gives the continued fraction of the incomplete beta function; tests hold both functions against SciPy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TINY = 1e-300
STEPS, CLOSE = 300, 1e-15


def exceed_t(t: ArrayLike, freedom: float) -> NDArray[Any]:
    """The chance that Student's t lies above ``t``, for each number of ``t``.

    Args:
        t: numbers; infinite ones have their limits.
        freedom: degrees of freedom, at least 1; Welch's test has broken ones.
    """
    given = np.asarray(t, dtype=float)
    with np.errstate(over="ignore", divide="ignore"):
        ratio = given * given / freedom
        tails = _integrate_beta(1 / (1 + ratio), 1 / (1 + 1 / ratio), freedom / 2, 0.5) / 2
    return np.where(given > 0, tails, 1 - tails)


def find_t(chance: float, freedom: float) -> float:
    """The number that Student's t exceeds with this ``chance``, above 0 and below 1: found by bisection."""
    angle_low, angle_high = -math.pi / 2, math.pi / 2
    while angle_low < (middle := (angle_low + angle_high) / 2) < angle_high:
        if exceed_t(math.tan(middle), freedom) > chance:
            angle_low = middle
        else:
            angle_high = middle
    return math.tan(middle)


def _integrate_beta(x: Floats, rest: Floats, a: float, b: float) -> Floats:
    """The regularised incomplete beta function of ``x``; ``rest`` is 1 - ``x``, known more exactly than by subtraction."""
    turned = x > (a + 1) / (a + b + 2)  # the fraction converges fast on one side of the mean only
    near, far = np.where(turned, rest, x), np.where(turned, x, rest)
    one, other = np.where(turned, b, a), np.where(turned, a, b)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    part = np.exp(scale + one * np.log(near) + other * np.log(far)) * _continue_fraction(near, one, other) / one
    return np.asarray(np.where(turned, 1 - part, part))


def _continue_fraction(x: Floats, a: Floats, b: Floats) -> Floats:
    """Lentz's evaluation of the continued fraction of the incomplete beta function."""
    c, d = np.ones_like(x), 1 / _keep_off_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, STEPS):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _keep_off_zero(1 + part * d)
            c = _keep_off_zero(1 + part / c)
            found = found * c * d
        if np.all(np.abs(c * d - 1) < CLOSE):
            break
    return np.asarray(found)


def _keep_off_zero(value: Floats) -> Floats:
    return np.where(np.abs(value) > TINY, value, TINY)
