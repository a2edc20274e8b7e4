"""What a verification shows: a difference over fresh seeds and documents, looked at more than once without being fooled by it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from resonance.core.student import exceed_t, find_t

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Look(NamedTuple):
    """One look at a verification: how many seeds there are by then, and its share of the level."""

    seeds: int
    share: float


LOOKS: Final = (Look(5, 0.2), Look(8, 0.3), Look(12, 0.5))
"""All looks of a verification. Their shares sum up to 1 (Bonferroni)."""


@dataclass(frozen=True)
class Shown:
    """What the first seeds of a verification show.

    Args:
        look: number of the look, from 1.
        delta: mean over seeds of incumbent minus candidate, bits per byte: positive where the candidate is better.
        seed_var: variance of the difference over seeds.
        doc_var: variance of the mean that comes of the choice of documents.
        t: ``delta`` over its standard error.
        p: chance of so high a ``t`` where the candidate does not help.
        p_tilde: p-value over this look and all before it.
    """

    look: int
    delta: float
    seed_var: float
    doc_var: float
    t: float
    p: float
    p_tilde: float

    def bound(self, chance: float) -> float:
        """The lower end of the one-sided interval of the difference that errs with this ``chance``."""
        seeds = LOOKS[self.look - 1].seeds
        return self.delta - find_t(chance, seeds - 1) * math.sqrt(self.seed_var / seeds + self.doc_var)

    def ceiling(self, chance: float) -> float:
        """The upper end of the same: as far above the difference as ``bound`` is below it."""
        return 2 * self.delta - self.bound(chance)


def measure_t(deltas: ArrayLike, doc_var: ArrayLike) -> NDArray[Any]:
    """The mean difference over its standard error: ``mean / sqrt(variance over seeds / seeds + variance over documents)``.

    Both variances add, as the model's chance and the choice of documents are two sources of it; what they have in common counts
    twice, which errs on the safe side. 0 where nothing differs at all, as between a policy and itself.

    Args:
        deltas: differences by seed, the last axis; at least two.
        doc_var: variance of their mean over documents, one for each of the other axes.
    """
    held = np.asarray(deltas, dtype=float)
    mean = held.mean(axis=-1)
    error = np.sqrt(held.var(axis=-1, ddof=1) / held.shape[-1] + np.asarray(doc_var, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error > 0, mean / error, np.where(mean > 0, np.inf, np.where(mean < 0, -np.inf, 0.0)))


def adjust_p(values: ArrayLike) -> NDArray[Any]:
    """One p-value for all looks so far: the least of ``p / share``, at most 1. Valid under any dependence of looks.

    Args:
        values: p-values by look, the last axis, the first look first.
    """
    held = np.asarray(values, dtype=float)
    shares = np.array([look.share for look in LOOKS[: held.shape[-1]]])
    least: NDArray[Any] = np.minimum((held / shares).min(axis=-1), 1.0)
    return least


def look_at(deltas: Sequence[float], doc_vars: Sequence[float]) -> Shown:
    """What the look shows that as many seeds allow as there are ``deltas``.

    Args:
        deltas: differences by seed, in the order in which seeds were drawn.
        doc_vars: for this look and each before it, the variance over documents of the mean difference of its seeds.

    Raises:
        ValueError: there is no look at so many seeds, or not one variance for each.
    """
    looks = LOOKS[: len(doc_vars)]
    if not looks or looks[-1].seeds != len(deltas) or len(doc_vars) > len(LOOKS):
        raise ValueError(f"{len(deltas)} seeds and {len(doc_vars)} variances are no look: there are looks at {LOOKS}")
    found = [measure_t(deltas[: look.seeds], var) for look, var in zip(looks, doc_vars, strict=True)]
    chances = [float(exceed_t(t, look.seeds - 1)) for t, look in zip(found, looks, strict=True)]
    mean, spread = float(np.mean(deltas)), float(np.var(deltas, ddof=1))
    return Shown(len(looks), mean, spread, float(doc_vars[-1]), float(found[-1]), chances[-1], float(adjust_p(chances)))
