"""Lines over training and rounds, with intervals where they are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from resonance.report.draw.planes import HEIGHT, Plane, draw_plane
from resonance.report.draw.scales import span_values
from resonance.report.draw.svg import WIDTH, Drawing
from resonance.report.draw.text import write_figure, write_interval
from resonance.report.language import say
from resonance.report.wording import name

RADIUS = 2.8
SIDE, SIDE_WHOLE, ABOVE = 0.01, 0.06, 0.08


@dataclass(frozen=True)
class Line:
    """Values over an axis, with intervals where they are known."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    role: str
    name: str = ""
    dashed: bool = False
    intervals: tuple[tuple[float, float], ...] = ()


def draw_lines(series: Sequence[Line], label: str, x_unit: str, y_unit: str, *, whole: bool = False) -> Markup:
    """Lines over one axis; ``whole`` allows whole numbers only on the x axis and marks each value."""
    drawing = Drawing(WIDTH, HEIGHT)
    heights = [y for line in series for y in (*line.ys, *(end for interval in line.intervals for end in interval))]
    xs = span_values([x for line in series for x in line.xs], SIDE_WHOLE if whole else SIDE, crosses_zero=False)
    plane = draw_plane(drawing, xs, span_values(heights, ABOVE, crosses_zero=False), x_unit, y_unit, whole=whole)
    for line in series:
        _draw_line(drawing, plane, line, marked=whole or len(line.xs) == 1)
    figures = say("; ").join(_tell(line) for line in series if line.xs)
    return drawing.finish(label, say("{y} over {x}. {figures}", y=y_unit, x=x_unit, figures=figures))


def _draw_line(drawing: Drawing, plane: Plane, line: Line, *, marked: bool) -> None:
    look = f"curve {line.role}{' dash' if line.dashed else ''}"
    hint = name(line.name) if line.name else ""
    drawing.add_path([plane.place(x, y) for x, y in zip(line.xs, line.ys, strict=True)], look, hint=hint)
    if line.intervals:
        spans = [(plane.place(x, low), plane.place(x, high)) for x, (low, high) in zip(line.xs, line.intervals, strict=True)]
        drawing.add_segments([(*start, *end) for start, end in spans], f"interval {line.role}")
    for index, (x, y) in enumerate(zip(line.xs, line.ys, strict=True) if marked else ()):
        low, high = line.intervals[index] if line.intervals else (None, None)
        drawing.add_dot(*plane.place(x, y), RADIUS, line.role, hint=write_interval(y, low, high))


def _tell(line: Line) -> str:
    first, last = (say("{figure} at {place}", figure=write_figure(line.ys[at]), place=write_figure(line.xs[at])) for at in (0, -1))
    ends = say("{low} to {high}", low=first, high=last) if len(line.xs) > 1 else first
    return say("{name}: {words}", name=name(line.name), words=ends) if line.name else ends
