"""Learning curves: what a slice would gain if there were twice as much data, from models of parts of the data.

Each slice follows loss = c + a * share ** -b with its own a and c; the exponent b is one for all, as three or four points of one
slice do not tell it. Figures are weighted sums of mean losses over documents that all models scored, so that their errors follow
from those of the means; that of the exponent comes from curves fitted to means drawn from their errors (parametric bootstrap).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST = 3
"""Points of a curve: two would fit any exponent."""
EXPONENTS = np.linspace(0.05, 2.0, 196)
"""Exponents that are tried; those of published curves lie between 0.05 and 1 (Hestness et al. 2017, arXiv 1712.00409)."""
DRAWS = 200
NUDGE = 0.01


@dataclass(frozen=True)
class Curve:
    """The exponent that all slices share.

    Args:
        points: shares of the data, rising; the last one is all of it.
        error: standard error of the exponent.
    """

    points: tuple[float, ...]
    exponent: float
    error: float

    def weigh_gain(self, exponent: float | None = None) -> Floats:
        """Weights whose sum with mean losses at the points is the gain of twice the data; at this ``exponent``, or the curve's."""
        power = self.exponent if exponent is None else exponent
        axis = np.asarray(self.points) ** -power
        centred = axis - axis.mean()
        return np.asarray(centred / (centred @ centred) * (1 - 2**-power))

    def find_error(self, means: Floats) -> float:
        """The standard error that the gain of a slice has because the exponent is not known."""
        high, low = (self.weigh_gain(self.exponent + step) for step in (NUDGE, -NUDGE))
        return abs(float((high - low) @ means)) / (2 * NUDGE) * self.error


def fit_curve(points: Sequence[float], means: Floats, squares: Floats, sizes: Floats) -> Curve | None:
    """The curve of slices at these shares of the data; None where there are too few points.

    The exponent is that of the least squares over all slices, each weighted with its number of documents.

    Args:
        points: shares of the data.
        means: mean losses, a row for each slice.
        squares: covariances of the means of each slice.
        sizes: documents of each slice.
    """
    if len(set(points)) < FEWEST:
        return None
    apart = np.stack([_leave_residuals(np.asarray(points, float), exponent) for exponent in EXPONENTS])
    dice = np.random.default_rng(0)
    noise = np.stack([dice.multivariate_normal(np.zeros(len(points)), square, DRAWS, method="eigh") for square in squares], axis=1)
    tried = np.concatenate([means[None], means + noise])
    left = np.einsum("rsp,epq,rsq,s->re", tried, apart, tried, sizes, optimize=True)
    exponents = EXPONENTS[left.argmin(1)]
    return Curve(tuple(points), float(exponents[0]), float(exponents[1:].std()))


def _leave_residuals(points: Floats, exponent: float) -> Floats:
    """What projects losses at ``points`` onto what a line over share ** -exponent does not explain."""
    line = np.stack([np.ones_like(points), points**-exponent], axis=1)
    return np.asarray(np.eye(len(points)) - line @ np.linalg.pinv(line))
