"""From values to pixels: ranges with room around them, round ticks, and ticks as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resonance.report.draw.svg import TICK
from resonance.report.draw.text import measure_widest
from resonance.report.wording import minus

STEPS = (1.0, 2.0, 2.5, 5.0)
UNITS = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
"""From which size on, ticks are divided by what, and written with which letter."""
GAP = 12
"""The least distance between ticks beside each other, in pixels."""
DIGITS = 12
"""Most decimals of a tick."""


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` on the pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """The place of a value, in pixels."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def span_values(values: Iterable[float], room: float, *, crosses_zero: bool = True) -> tuple[float, float]:
    """The range of all finite values, widened on both sides by ``room``, a share of it.

    Args:
        values: what is drawn; of none the range is 0 to 1.
        room: the share, of the value itself where there is only one.
        crosses_zero: whether the room may reach beyond zero where no value does.
    """
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    pad = room * ((high - low) or abs(high) or 1.0)
    if crosses_zero or low < 0 < high:
        return low - pad, high + pad
    return (max(low - pad, 0.0), high + pad) if low >= 0 else (low - pad, min(high + pad, 0.0))


def find_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers from low to high at equal steps of 1, 2, 2.5 or 5 times a power of ten, at most ``most`` of them."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    while True:
        for step in (power * factor for factor in STEPS):
            if whole and not step.is_integer():
                continue
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < most:
                return [number * step for number in range(first, last + 1)]
        power *= 10


def write_ticks(ticks: Sequence[float]) -> list[str]:
    """Ticks as text, all in one unit and with equally many decimals; zero without a unit."""
    top = max((abs(tick) for tick in ticks), default=0.0)
    divisor, letter = next(((divisor, letter) for least, divisor, letter in UNITS if top >= least), (1.0, ""))
    scaled = [tick / divisor for tick in ticks]
    error = (1e-3 * (ticks[1] - ticks[0]) if len(ticks) > 1 else 1e-6 * top) / divisor
    decimals = next((n for n in range(DIGITS) if all(abs(round(value, n) - value) <= error for value in scaled)), DIGITS)
    return [minus(f"{value:,.{decimals}f}{letter}") if abs(value) > error else "0" for value in scaled]


def fit_ticks(scale: Scale, most: int, *, whole: bool = False) -> list[tuple[float, str]]:
    """Ticks of a horizontal scale with their texts: as many as fit beside each other with a gap, at least one."""
    for count in range(most, 1, -1):
        ticks = find_ticks(scale.low, scale.high, count, whole=whole)
        words = write_ticks(ticks)
        step = scale.place(ticks[1]) - scale.place(ticks[0]) if len(ticks) > 1 else math.inf
        if measure_widest(words, TICK) + GAP <= step:
            return list(zip(ticks, words, strict=True))
    return [(ticks[0], words[0])]
