"""Small histograms of signals, with the thresholds of rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from resonance.report.draw.scales import Scale
from resonance.report.draw.svg import SMALL, TICK, Drawing
from resonance.report.draw.text import measure_text
from resonance.report.language import say
from resonance.report.wording import amount, share, short

HEIGHT, TOP, BOTTOM = 132, 32, 112
LEFT, RIGHT = 2, SMALL - 2
FILL = 0.9
THINNEST = 0.75
"""Pixels that a bucket with any text gets, so that it is seen."""


@dataclass(frozen=True)
class Histogram:
    """Shares of rows in buckets of equal width (of equal ratio where ``log``), and thresholds as (value, cuts below).

    Where ``whole``, each bucket is one whole number in the middle of its bar.
    """

    shares: tuple[float, ...]
    low: float
    high: float
    log: bool = False
    whole: bool = False
    thresholds: tuple[tuple[float, bool], ...] = ()

    def place(self, value: float) -> float:
        """The place of a value, as a share of the axis."""
        low, high = (math.log1p(self.low), math.log1p(self.high)) if self.log else (self.low, self.high)
        return ((math.log1p(value) if self.log else value) - low) / ((high - low) or 1)

    def value(self, place: float) -> float:
        """The value at a share of the axis."""
        if self.log:
            return math.expm1(math.log1p(self.low) + place * (math.log1p(self.high) - math.log1p(self.low)))
        return self.low + place * (self.high - self.low)

    def cuts(self) -> list[tuple[float, bool, float]]:
        """Each threshold as (place, cuts below, value); one of whole numbers is before or after the bar of its number."""
        half = 0.5 / len(self.shares) if self.whole else 0.0
        return [(self.place(value) + (-half if below else half), below, value) for value, below in self.thresholds]


def draw_histogram(data: Histogram, label: str) -> Markup:
    """A small histogram; thresholds are dashed lines with their values, and what lies on their cut side is orange."""
    drawing = Drawing(SMALL, HEIGHT)
    top = max(data.shares, default=0) or 1
    x, cuts = Scale(0, 1, LEFT, RIGHT), data.cuts()
    width = (RIGHT - LEFT) / len(data.shares)
    for index, part in enumerate(data.shares):
        middle = (index + 0.5) / len(data.shares)
        role = "orange" if any(middle < at if below else middle > at for at, below, _ in cuts) else "blue"
        height = max(part / top * (BOTTOM - TOP), THINNEST) if part > 0 else 0
        start = x.place(middle) - FILL * width / 2
        hint = say("{name}: {words}", name=_range(data, index), words=share(part))
        drawing.add_box(start, BOTTOM - height, FILL * width, height, role, hint=hint)
    drawing.add_segments([(LEFT, BOTTOM, RIGHT, BOTTOM)], "axis")
    drawing.add_text(LEFT, 6, say("tallest {share} of texts", share=f"{top:.0%}"), "soft")
    _draw_thresholds(drawing, x, cuts)
    _draw_edges(drawing, x, data)
    told = say(
        "{buckets} from {low} to {high}, the tallest {share} of texts",
        buckets=amount(len(data.shares), "bucket"),
        low=_round(data.value(0)),
        high=_round(data.value(1)),
        share=f"{top:.0%}",
    )
    limits = (say("cut below {limit}" if below else "cut above {limit}", limit=short(value)) for _, below, value in cuts)
    return drawing.finish(label, say("; ").join((told, *limits)))


def _draw_thresholds(drawing: Drawing, x: Scale, cuts: Sequence[tuple[float, bool, float]]) -> None:
    """Dashed lines with their values above; of values that would overlap, the later ones are further right."""
    free = float(LEFT)
    for at, _, value in sorted(cuts):
        if not 0 <= at <= 1:
            continue
        drawing.add_segments([(x.place(at), TOP - 4, x.place(at), BOTTOM)], "limit")
        word = short(value)
        width = measure_text(word, TICK)
        start = min(max(x.place(at) - width / 2, free), RIGHT - width)
        drawing.add_text(start, TOP - 11, word)
        free = start + width + 4


def _draw_edges(drawing: Drawing, x: Scale, data: Histogram) -> None:
    inset = 0.5 / len(data.shares)
    marks = ((inset, "middle"), (1 - inset, "middle")) if data.whole else ((0.0, ""), (0.5, "middle"), (1.0, "end"))
    for place, anchor in marks:
        drawing.add_text(x.place(place), BOTTOM + TICK, _round(data.value(place)), "soft", anchor=anchor)


def _range(data: Histogram, index: int) -> str:
    many = len(data.shares)
    if data.whole:
        return _round(data.value((index + 0.5) / many))
    return say("{low} to {high}", low=_round(data.value(index / many)), high=_round(data.value((index + 1) / many)))


def _round(value: float) -> str:
    return short(float(f"{value:.3g}"))
