"""Counts in a square of cells: rows with names, columns with their numbers, darker where there is more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from resonance.report.canvas import TEXT, TICK, WIDTH, canvas
from resonance.report.svg import colour, drawing, inline
from resonance.report.wording import distinct, short

if TYPE_CHECKING:
    from matplotlib.patches import Rectangle

LEFT, RIGHT, TOP, PITCH = 142, 44, 18, 19
NAME_COLUMNS, NUMBER = 18, 24
"""How long a name may be, and how far from the cells it ends: its number stands between."""
PALEST = 0.1


def heat(names: Sequence[str], cells: Sequence[Sequence[float]], label: str, prefix: str, role: str = "purple") -> Markup:
    """A square of cells, one row and one column for each name, with the sum of each row beside it; zeros stay blank."""
    many = len(names)
    width = min((WIDTH - LEFT - RIGHT) / many, PITCH)
    top = max(max(row) for row in cells) or 1
    with drawing():
        figure, axes = canvas(TOP + many * PITCH + 4, left=LEFT, right=WIDTH - LEFT - many * width, top=TOP, bottom=4)
        axes.set_xlim(0, many)
        axes.set_ylim(many, 0)
        axes.set_axis_off()
        soft: dict[str, Any] = {"va": "center", "fontsize": TICK, "color": colour("soft")}
        for y, (called, row) in enumerate(zip(distinct(names, NAME_COLUMNS), cells, strict=True)):
            axes.text(-NUMBER / width, y + 0.5, called, ha="right", va="center", fontsize=TEXT, color=colour("ink"))
            axes.text(-5 / width, y + 0.5, str(y + 1), ha="right", **soft)
            axes.text(y + 0.5, -8 / PITCH, str(y + 1), ha="center", **soft)
            axes.text(many + RIGHT / width, y + 0.5, short(sum(row)), ha="right", **soft)
            for x, value in enumerate(row):
                axes.add_patch(_cell(x, y, value / top, role))
        return inline(figure, label, prefix)


def _cell(x: int, y: int, level: float, role: str) -> Rectangle:
    """A cell; its shade goes with the square root of its share of the largest, so that small counts are seen."""
    from matplotlib.patches import Rectangle

    place = (x + 0.05, y + 0.05)
    if not level:
        return Rectangle(place, 0.9, 0.9, facecolor="none", edgecolor=colour("line"), linewidth=0.6)
    return Rectangle(place, 0.9, 0.9, facecolor=colour(role), alpha=PALEST + (1 - PALEST) * level**0.5, linewidth=0)
