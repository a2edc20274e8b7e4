"""Rows with names, one below the other: bars, and dots with intervals on one shared axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from resonance.report.canvas import SMALL, TEXT, TICK, WIDTH, canvas, ticks
from resonance.report.svg import colour, drawing, inline
from resonance.report.wording import distinct

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT = 137
NAME_COLUMNS = 22
SMALL_LEFT = 50
TICK_ROOM = 48


@dataclass(frozen=True)
class Bar:
    """A named bar, the paler one behind it that it is a part of, and what is written beside it."""

    label: str
    value: float
    text: str
    behind: float = 0.0
    role: str = "blue"
    behind_role: str = "pale"


@dataclass(frozen=True)
class Mark:
    """A value with its interval, drawn as a dot with a line; a ``ring`` is a hollow dot."""

    value: float
    role: str
    low: float | None = None
    high: float | None = None
    shape: Literal["dot", "ring"] = "dot"


@dataclass(frozen=True)
class Row:
    """A named row of marks and what is written beside it."""

    label: str
    marks: tuple[Mark, ...]
    text: str = ""
    arrow: bool = False


def bars(rows: Sequence[Bar], label: str, prefix: str, right: float = 92, *, small: bool = False) -> Markup:
    """Horizontal bars from zero, one below the other, with their values flush right."""
    width, left = (SMALL, SMALL_LEFT) if small else (WIDTH, LEFT)
    with drawing():
        figure, axes = _rows(len(rows), pitch=21, right=right, width=width, left=left)
        top = max((max(row.value, row.behind) for row in rows), default=0) or 1
        axes.set_xlim(0, top)
        labels = distinct([row.label for row in rows], int(NAME_COLUMNS * left / LEFT))
        for y, row in enumerate(rows):
            if row.behind:
                axes.barh(y, row.behind, height=0.66, color=colour(row.behind_role))
            axes.barh(y, row.value, height=0.66, color=colour(row.role))
            _beside(axes, y, labels[y], row.text, right, width, left)
        return inline(figure, label, prefix)


def dots(
    rows: Sequence[Row], label: str, prefix: str, unit: str, *, zero: bool = False, right: float = 14, from_zero: bool = False
) -> Markup:
    """Dots with intervals on one shared axis, one named row below the other; ``zero`` draws the line where nothing differs."""
    most = max((len(row.marks) for row in rows), default=1)
    with drawing():
        figure, axes = _rows(len(rows), pitch=21 if most < 3 else 9 + 6 * most, right=right, bottom=38)
        labels = distinct([row.label for row in rows], NAME_COLUMNS)
        for y, row in enumerate(rows):
            axes.axhline(y + 0.5, color=colour("line"), linewidth=0.6)
            spread = 0 if row.arrow else 0.56 / max(most - 1, 1)
            for index, mark in enumerate(row.marks):
                _mark(axes, y + (index - (len(row.marks) - 1) / 2) * spread, mark)
            if row.arrow and len(row.marks) == 2:
                _arrow(axes, y, row.marks[0].value, row.marks[1].value, row.marks[1].role)
            _beside(axes, y, labels[y], row.text, right)
        if zero:
            axes.axvline(0, color=colour("ink"), linewidth=1)
        _limits(axes, [m for row in rows for m in row.marks], zero=zero, from_zero=from_zero)
        _value_axis(axes, unit, most=max(int((WIDTH - LEFT - right) // TICK_ROOM), 2))
        return inline(figure, label, prefix)


def _rows(
    rows: int, *, pitch: float, right: float, bottom: float = 4, width: float = WIDTH, left: float = LEFT
) -> tuple[Figure, Axes]:
    figure, axes = canvas(max(rows, 1) * pitch + bottom + 4, left=left, right=right, top=4, bottom=bottom, width=width)
    axes.set_ylim(max(rows, 1) - 0.5, -0.5)
    axes.set_yticks([])
    if bottom <= 4:
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    return figure, axes


def _beside(axes: Axes, y: float, label: str, text: str, right: float, width: float = WIDTH, left: float = LEFT) -> None:
    inner = width - left - right
    place = axes.get_yaxis_transform()
    axes.text(-8 / inner, y, label, transform=place, ha="right", va="center", fontsize=TEXT, color=colour("ink"))
    if text:
        edge = 1 + right / inner
        axes.text(edge, y, text, transform=place, ha="right", va="center", fontsize=TICK, color=colour("soft"))


def _mark(axes: Axes, y: float, mark: Mark) -> None:
    ink = colour(mark.role)
    if mark.low is not None and mark.high is not None:
        axes.plot([mark.low, mark.high], [y, y], color=ink, linewidth=1.6, solid_capstyle="butt")
    face = colour("card") if mark.shape == "ring" else ink
    axes.plot([mark.value], [y], marker="o", markersize=6, color=ink, markerfacecolor=face, markeredgewidth=1.5)


def _arrow(axes: Axes, y: float, start: float, end: float, role: str) -> None:
    axes.plot([start, end], [y, y], color=colour(role), linewidth=2, zorder=1.5)


def _limits(axes: Axes, marks: Sequence[Mark], *, zero: bool, from_zero: bool) -> None:
    values = [v for m in marks for v in (m.value, m.low, m.high) if v is not None] + ([0.0] if zero or from_zero else [])
    low, high = min(values, default=0.0), max(values, default=1.0)
    pad = 0.06 * ((high - low) or 1)
    axes.set_xlim(low if from_zero and low == 0 else low - pad, high + pad)


def _value_axis(axes: Axes, unit: str, most: int) -> None:
    ticks(axes.xaxis, most)
    axes.grid(axis="x", color=colour("line"), linewidth=0.6)
    axes.set_xlabel(unit, fontsize=TEXT, color=colour("soft"))
    axes.spines["left"].set_visible(False)
