"""Two axes with ticks, hairlines and units: where lines and points are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from resonance.report.draw.scales import Scale, find_ticks, fit_ticks, write_ticks
from resonance.report.draw.svg import TICK, WIDTH, Drawing
from resonance.report.draw.text import measure_widest

HEIGHT, TOP, BOTTOM, RIGHT = 224, 26, 184, WIDTH - 12
TICKS = 6


@dataclass(frozen=True)
class Plane:
    """Scales for both axes of a picture."""

    x: Scale
    y: Scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The place of a pair of values, in pixels."""
        return self.x.place(x), self.y.place(y)


def draw_plane(
    drawing: Drawing, xs: tuple[float, float], ys: tuple[float, float], x_unit: str, y_unit: str, *, whole: bool = False
) -> Plane:
    """Axes of these ranges; ``whole`` allows whole numbers only at the ticks of the x axis."""
    rises = find_ticks(*ys, TICKS)
    words = write_ticks(rises)
    left = measure_widest(words) + 10
    plane = Plane(Scale(*xs, left, RIGHT), Scale(*ys, BOTTOM, TOP))
    drawing.add_segments([(left, plane.y.place(tick), RIGHT, plane.y.place(tick)) for tick in rises], "hair")
    for tick, word in zip(rises, words, strict=True):
        drawing.add_text(left - 6, plane.y.place(tick), word, "soft", anchor="end")
    draw_ticks(drawing, plane.x, TOP, BOTTOM, x_unit, whole=whole)
    drawing.add_segments([(left, TOP, left, BOTTOM), (left, BOTTOM, RIGHT, BOTTOM)], "axis")
    drawing.add_text(0, 8, y_unit, "soft")
    return plane


def draw_ticks(drawing: Drawing, scale: Scale, top: float, bottom: float, unit: str, *, whole: bool = False) -> None:
    """Hairlines from top to bottom at round values of a horizontal scale, the values below them, and the unit below these."""
    ticks = fit_ticks(scale, TICKS, whole=whole)
    drawing.add_segments([(scale.place(tick), top, scale.place(tick), bottom) for tick, _ in ticks], "hair")
    for tick, word in ticks:
        drawing.add_text(scale.place(tick), bottom + TICK, word, "soft", anchor="middle")
    drawing.add_text((scale.start + scale.end) / 2, bottom + 27, unit, "soft", anchor="middle")
