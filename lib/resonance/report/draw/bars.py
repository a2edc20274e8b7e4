"""Bars from zero, one named row below the other, with what they come to written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from resonance.report.draw.svg import SMALL, TEXT, WIDTH, Drawing
from resonance.report.draw.text import fit_names, measure_widest
from resonance.report.language import say
from resonance.report.wording import name

PITCH, THICK = 21, 14
NAME_ROOM, SMALL_ROOM = 137, 60
GAP = 8
THINNEST = 0.75
"""Pixels that any value above zero gets, so that it is seen."""


@dataclass(frozen=True)
class Bar:
    """A named bar, the paler one behind it that it is a part of, and what is written beside it."""

    label: str
    value: float
    text: str
    behind: float = 0.0
    role: str = "blue"
    behind_role: str = "pale"


def draw_bars(rows: Sequence[Bar], label: str, *, small: bool = False) -> Markup:
    """Horizontal bars from zero, one below the other, with their figures flush right."""
    width, room = (SMALL, SMALL_ROOM) if small else (WIDTH, NAME_ROOM)
    labels = fit_names([row.label for row in rows], room)
    left = measure_widest(labels, TEXT) + GAP
    right = width - measure_widest(row.text for row in rows) - GAP
    top = max((max(row.value, row.behind) for row in rows), default=0) or 1
    drawing = Drawing(width, max(len(rows), 1) * PITCH + 4)
    for index, (row, called) in enumerate(zip(rows, labels, strict=True)):
        middle = 2 + (index + 0.5) * PITCH
        with drawing.add_group(_tell(row)):
            drawing.add_text(left - GAP, middle, called, anchor="end")
            for value, role in ((row.behind, row.behind_role), (row.value, row.role)):
                if value > 0:
                    length = max(value / top * (right - left), THINNEST)
                    drawing.add_box(left, middle - THICK / 2, length, THICK, role)
            drawing.add_text(width, middle, row.text, "soft", anchor="end")
    drawing.add_segments([(left, 2, left, 2 + max(len(rows), 1) * PITCH)], "axis")
    return drawing.finish(label, say("; ").join(map(_tell, rows)))


def _tell(row: Bar) -> str:
    return say("{name}: {words}", name=name(row.label), words=row.text)
