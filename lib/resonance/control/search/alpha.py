"""How sure a campaign must be, so that few of all the campaigns of a policy are accepted by chance."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

Correction = Literal["lord", "spend"]

ALPHA: Final = 0.05
"""Of accepted campaigns, the share that may be accepted by chance (modified false discovery rate)."""
WEALTH: Final = 0.025
"""Where nothing ever helps, the chance that any campaign is accepted."""
TOTAL: Final = 2.28577
"""The sum of j ** -1.6 over all j, rounded up: shares sum up to no more than 1."""


def share_of(number: int) -> float:
    """The share of what can be spent that falls to the ``number``-th of endless campaigns; 0 for numbers below 1."""
    return number**-1.6 / TOTAL if number >= 1 else 0.0


def find_level(number: int, accepted: Collection[int], correction: Correction) -> float:
    """The level of the ``number``-th campaign of a policy family in a release: it is accepted where its p-value is no higher.

    ``lord`` is LORD++, generalised alpha-investing (Ramdas, Yang, Wainwright, Jordan 2017, arXiv 1710.00499): an accepted campaign
    earns more for later ones. It controls the modified false discovery rate where p-values are super-uniform given the past, which
    needs fresh seeds and documents. ``spend`` splits ALPHA over all campaigns, whatever was accepted: the chance of any false
    acceptance stays below it under any dependence.

    Args:
        number: of the campaign, from 1.
        accepted: numbers of campaigns that were accepted; later ones than ``number`` do not count.
        correction: which of both.
    """
    if correction == "spend":
        return ALPHA * share_of(number)
    times = sorted(time for time in set(accepted) if time < number)
    first, later = times[:1], times[1:]
    earned = (ALPHA - WEALTH) * sum(share_of(number - time) for time in first)
    return WEALTH * share_of(number) + earned + ALPHA * sum(share_of(number - time) for time in later)
