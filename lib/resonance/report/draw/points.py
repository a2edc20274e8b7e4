"""Points in a plane: slices around the mean, and samples on the map of confidence and variability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from resonance.report.draw.planes import BOTTOM, HEIGHT, RIGHT, TOP, Plane, draw_plane
from resonance.report.draw.scales import span_values
from resonance.report.draw.svg import TICK, WIDTH, Drawing
from resonance.report.draw.text import measure_text, write_figure
from resonance.report.language import say
from resonance.report.wording import amount, name

RADIUS, SMALL_RADIUS = 3.4, 2.6
SIDE, ABOVE = 0.06, 0.1
NAMED, COLUMNS = 6, 20
"""So many points are named in the picture itself, by names of so many characters."""
VARIABILITY, CONFIDENCE = (-0.01, 0.51), (-0.03, 1.03)
"""Probabilities vary by one half at most; both ranges have room for the points at their ends."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True)
class Point:
    """One point with its colour and name; ``href`` is where it leads, if anywhere."""

    x: float
    y: float
    role: str
    name: str = ""
    href: str = ""


def draw_points(found: Sequence[Point], label: str, x_unit: str, y_unit: str, *, level: float) -> Markup:
    """Points in a plane, with lines where x is zero and where y is ``level``."""
    drawing = Drawing(WIDTH, HEIGHT)
    xs = span_values([0.0, *(point.x for point in found)], SIDE)
    ys = span_values([level, *(point.y for point in found)], ABOVE, crosses_zero=False)
    plane = draw_plane(drawing, xs, ys, x_unit, y_unit)
    drawing.add_segments([(plane.x.place(0), TOP, plane.x.place(0), BOTTOM)], "zero")
    drawing.add_segments([(plane.x.start, plane.y.place(level), RIGHT, plane.y.place(level))], "zero")
    for point in found:
        drawing.add_dot(*plane.place(point.x, point.y), RADIUS, f"faint {point.role}", hint=_tell(point), href=point.href)
    _name_points(drawing, plane, found, level)
    figures = say("; ").join(map(_tell, found))
    return drawing.finish(label, say("{y} over {x}. {figures}", y=y_unit, x=x_unit, figures=figures))


def draw_map(found: Sequence[Point], label: str) -> Markup:
    """Points over variability (0 to one half, the most that there is) and confidence (0 to 1); each may lead somewhere."""
    drawing = Drawing(WIDTH, HEIGHT)
    plane = draw_plane(drawing, VARIABILITY, CONFIDENCE, say("variability"), say("confidence"))
    for point in found:
        drawing.add_dot(*plane.place(point.x, point.y), SMALL_RADIUS, f"faint {point.role}", hint=_tell(point), href=point.href)
    return drawing.finish(label, say("confidence over variability of {samples}", samples=amount(len(found), "sample")))


def _name_points(drawing: Drawing, plane: Plane, found: Sequence[Point], level: float) -> None:
    """Write the names of the points farthest from ``level``, where they meet no point and no other name."""
    taken = [_box(*plane.place(point.x, point.y), 2 * RADIUS) for point in found]
    named = 0
    for point in sorted(found, key=lambda point: (-abs(point.y - level), point.name)):
        x, y = plane.place(point.x, point.y)
        words = name(point.name, COLUMNS) if point.name else ""
        width = measure_text(words, TICK)
        for start in (x + RADIUS + 3, x - RADIUS - 3 - width):
            box = (start, y - TICK / 2, start + width, y + TICK / 2)
            fits = plane.x.start <= start and start + width <= WIDTH and not any(_meet(box, other) for other in taken)
            if words and fits and named < NAMED:
                drawing.add_text(start, y, words, "soft haloed")
                taken.append(box)
                named += 1
                break


def _box(x: float, y: float, size: float) -> Box:
    return x - size / 2, y - size / 2, x + size / 2, y + size / 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _tell(point: Point) -> str:
    place = f"{write_figure(point.x)}, {write_figure(point.y)}"
    return say("{name}: {words}", name=name(point.name), words=place) if point.name else place
