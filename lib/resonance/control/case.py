"""What is known about one slice when its weight is set, and the bounds that the weight must keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resonance.core.settings import DecideSettings


@dataclass(frozen=True)
class Case:
    """One slice before its weight is set; weights and shares are parts of the token budget.

    Args:
        previous: its weight in the round before.
        prior: its weight by equal shares, or the one that it joined with.
        limit: what the repeat limit leaves.
        asked: what the weighting asks for.
        seen: what the weighting saw of it, with figures; empty where it did not see the slice.
        held: its share of the text that may be drawn.
    """

    previous: float
    prior: float
    limit: float
    asked: float
    seen: str = ""
    held: float = 1.0


@dataclass(frozen=True)
class Bounds:
    """Least and largest share of a slice, each with the name of the rule that set it."""

    low: float
    high: float
    low_rule: str = ""
    high_rule: str = ""

    def clamped(self, rule: str, low: float, high: float) -> Bounds:
        """These bounds, both moved into ``low`` to ``high``; a later rule wins over an earlier one."""
        new_low, new_high = min(max(self.low, low), high), min(max(self.high, low), high)
        return Bounds(
            new_low,
            new_high,
            self.low_rule if new_low == self.low else rule,
            self.high_rule if new_high == self.high else rule,
        )


FREE = Bounds(0.0, math.inf)


def find_bounds(case: Case, settings: DecideSettings, slices: int) -> Bounds:
    """The bounds of one slice among ``slices``: change a round < change in all < floor < repeat limit, the last one strongest."""
    if not case.seen:
        near = FREE.clamped("kept", case.previous, case.previous)
    else:
        near = FREE.clamped("change", case.previous / settings.max_change, case.previous * settings.max_change).clamped(
            "total", case.prior / settings.max_total_change, case.prior * settings.max_total_change
        )
    return near.clamped("floor", settings.floor / slices, math.inf).clamped("limit", 0.0, case.limit)


def find_limit(case: Case) -> Bounds:
    """The bounds of a slice whose weight follows no loss: the repeat limit alone."""
    return FREE.clamped("limit", 0.0, case.limit)
