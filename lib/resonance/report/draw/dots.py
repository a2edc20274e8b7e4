"""Dots with intervals on one shared axis, one named row below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from resonance.report.draw.planes import draw_ticks
from resonance.report.draw.scales import Scale, span_values
from resonance.report.draw.svg import TEXT, WIDTH, Drawing
from resonance.report.draw.text import fit_names, measure_widest, write_interval
from resonance.report.language import say
from resonance.report.wording import name

TOP, BELOW = 4, 36
PITCH, NAME_ROOM, GAP = 21, 137, 8
RADIUS = 3.2
SPREAD = 0.56
"""The share of a row's height over which its marks are spread."""
ROOM = 0.06


@dataclass(frozen=True)
class Mark:
    """A value with its interval, drawn as a dot with a line; a ``ring`` is a hollow dot."""

    value: float
    role: str
    low: float | None = None
    high: float | None = None
    shape: Literal["dot", "ring"] = "dot"

    def __str__(self) -> str:
        return write_interval(self.value, self.low, self.high)


@dataclass(frozen=True)
class Row:
    """A named row of marks and what is written beside it; ``joined`` draws a line between the first two."""

    label: str
    marks: tuple[Mark, ...]
    text: str = ""
    joined: bool = False


def draw_dots(rows: Sequence[Row], label: str, unit: str, *, zero: bool = False, from_zero: bool = False) -> Markup:
    """Dots with intervals; ``zero`` draws the line where nothing differs, ``from_zero`` lets the axis begin there."""
    most = max((len(row.marks) for row in rows), default=1)
    pitch = PITCH if most < 3 else 9 + 6 * most
    bottom = TOP + max(len(rows), 1) * pitch
    labels = fit_names([row.label for row in rows], NAME_ROOM)
    beside = measure_widest(row.text for row in rows)
    drawing = Drawing(WIDTH, bottom + BELOW)
    scale = Scale(*_span(rows, zero, from_zero), measure_widest(labels, TEXT) + GAP, WIDTH - beside - (2 * GAP if beside else 14))
    draw_ticks(drawing, scale, TOP, bottom, unit)
    drawing.add_segments([(scale.start, TOP + at * pitch, scale.end, TOP + at * pitch) for at in range(1, len(rows))], "hair")
    drawing.add_segments([(scale.start, bottom, scale.end, bottom)], "axis")
    if zero:
        drawing.add_segments([(scale.place(0), TOP, scale.place(0), bottom)], "zero")
    for index, (row, called) in enumerate(zip(rows, labels, strict=True)):
        middle = TOP + (index + 0.5) * pitch
        with drawing.add_group(_tell(row)):
            drawing.add_text(scale.start - GAP, middle, called, anchor="end")
            _draw_marks(drawing, scale, middle, row, pitch, most)
            drawing.add_text(WIDTH, middle, row.text, "soft", anchor="end")
    return drawing.finish(label, say("{unit}. {figures}", unit=unit, figures=say("; ").join(map(_tell, rows))))


def _draw_marks(drawing: Drawing, scale: Scale, middle: float, row: Row, pitch: float, most: int) -> None:
    step = 0.0 if row.joined else SPREAD * pitch / max(most - 1, 1)
    if row.joined and len(row.marks) > 1:
        start, end = row.marks[:2]
        drawing.add_segments([(scale.place(start.value), middle, scale.place(end.value), middle)], f"interval {end.role}")
    for index, mark in enumerate(row.marks):
        y = middle + (index - (len(row.marks) - 1) / 2) * step
        if mark.low is not None and mark.high is not None:
            drawing.add_segments([(scale.place(mark.low), y, scale.place(mark.high), y)], f"interval {mark.role}")
        look = f"ring {mark.role}" if mark.shape == "ring" else mark.role
        drawing.add_dot(scale.place(mark.value), y, RADIUS, look)


def _span(rows: Sequence[Row], zero: bool, from_zero: bool) -> tuple[float, float]:
    ends = [end for row in rows for mark in row.marks for end in (mark.value, mark.low, mark.high) if end is not None]
    return span_values(ends + [0.0] * (zero or from_zero), ROOM, crosses_zero=zero)


def _tell(row: Row) -> str:
    marks = say(", ").join(map(str, row.marks))
    return say("{name}: {words}", name=name(row.label), words=f"{marks} [{row.text}]" if row.text else marks)
