"""Numbers over numbers: lines over training and rounds, points, and small histograms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from resonance.report.canvas import SMALL, TEXT, TICK, WIDTH, canvas, ticks
from resonance.report.svg import colour, drawing, inline
from resonance.report.wording import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 224


@dataclass(frozen=True)
class Line:
    """Values over an axis, with intervals where they are known."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    role: str
    dashed: bool = False
    intervals: tuple[tuple[float, float], ...] = ()


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


@dataclass(frozen=True)
class Point:
    """One point and its colour; ``href`` is where it leads, if anywhere."""

    x: float
    y: float
    role: str
    href: str | None = None


def lines(series: Sequence[Line], label: str, prefix: str, x_unit: str, y_unit: str, *, whole: bool = False) -> Markup:
    """Lines over one axis; ``whole`` allows whole numbers only on the x axis and marks each value."""
    with drawing():
        figure, axes = _plane(x_unit, y_unit)
        for line in series:
            dash = (0, (4, 2)) if line.dashed else "solid"
            marker = "o" if whole or len(line.xs) == 1 else ""
            axes.plot(line.xs, line.ys, color=colour(line.role), linewidth=1.8, linestyle=dash, marker=marker, markersize=5)
            for x, (low, high) in zip(line.xs, line.intervals, strict=False):
                axes.plot([x, x], [low, high], color=colour(line.role), linewidth=1.4)
        axes.margins(x=0.04 if whole else 0.01, y=0.12)
        ticks(axes.xaxis, 5, whole=whole)
        ticks(axes.yaxis, 5)
        return inline(figure, label, prefix)


def points(found: Sequence[Point], label: str, prefix: str, x_unit: str, y_unit: str, *, level: float) -> Markup:
    """Points in a plane, with lines where x is zero and where y is ``level``."""
    with drawing():
        figure, axes = _plane(x_unit, y_unit)
        axes.axvline(0, color=colour("grey"), linewidth=1)
        axes.axhline(level, color=colour("grey"), linewidth=1)
        for point in found:
            axes.plot([point.x], [point.y], marker="o", markersize=6, color=colour(point.role), alpha=0.8, markeredgewidth=0)
        axes.margins(x=0.06, y=0.12)
        ticks(axes.xaxis, 5)
        ticks(axes.yaxis, 5)
        return inline(figure, label, prefix)


def cartography(found: Sequence[Point], label: str, prefix: str) -> Markup:
    """Points over variability (0 to one half, the most that there is) and confidence (0 to 1); each may lead somewhere."""
    with drawing():
        figure, axes = _plane("variability", "confidence")
        for role in sorted({point.role for point in found}):
            mine = [point for point in found if point.role == role]
            dots = axes.scatter([p.x for p in mine], [p.y for p in mine], s=22, color=colour(role), alpha=0.7, linewidths=0)
            dots.set_urls([point.href for point in mine])
        axes.set_xlim(-0.01, 0.51)
        axes.set_ylim(-0.03, 1.03)
        ticks(axes.xaxis, 5)
        ticks(axes.yaxis, 5)
        return inline(figure, label, prefix)


def _plane(x_unit: str, y_unit: str) -> tuple[Figure, Axes]:
    figure, axes = canvas(HEIGHT, left=44, right=10, top=24, bottom=40)
    axes.grid(color=colour("line"), linewidth=0.6)
    axes.set_xlabel(x_unit, fontsize=TEXT, color=colour("soft"))
    figure.text(4 / WIDTH, 1 - 13 / HEIGHT, y_unit, fontsize=TEXT, color=colour("soft"))
    return figure, axes


def histogram(data: Histogram, label: str, prefix: str) -> Markup:
    """A small histogram; thresholds are dashed lines, and what lies on their cut side is orange."""
    bars_ = len(data.shares)
    middle = [(index + 0.5) / bars_ for index in range(bars_)]
    places = [(_place(value, data) + _half(data, below), below) for value, below in data.thresholds]
    cut = [any(x < at if below else x > at for at, below in places) for x in middle]
    top = max(data.shares, default=0) or 1
    with drawing():
        figure, axes = canvas(116, left=6, right=6, top=16, bottom=20, width=SMALL)
        axes.bar(middle, data.shares, width=0.9 / bars_, color=[colour("orange" if out else "blue") for out in cut])
        for at, _ in places:
            axes.axvline(at, color=colour("ink"), linewidth=1, linestyle=(0, (3, 2)))
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(0, top * 1.05)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        _edges(axes, data)
        figure.text(6 / SMALL, 1 - 11 / 116, f"tallest {top:.0%} of texts", fontsize=TICK, color=colour("soft"))
        return inline(figure, label, prefix)


def _half(data: Histogram, below: bool) -> float:
    return (-0.5 if below else 0.5) / len(data.shares) if data.whole else 0.0


def _edges(axes: Axes, data: Histogram) -> None:
    inset = 0.5 / len(data.shares) if data.whole else 0.0
    places = [inset, 1 - inset] if data.whole else [0, 0.5, 1]
    axes.set_xticks(places, [short(float(f"{_value(at, data):.3g}")) for at in places])
    if not data.whole:
        labels = axes.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")


def _place(value: float, data: Histogram) -> float:
    low, high = (math.log1p(data.low), math.log1p(data.high)) if data.log else (data.low, data.high)
    return ((math.log1p(value) if data.log else value) - low) / ((high - low) or 1)


def _value(place: float, data: Histogram) -> float:
    if data.log:
        return math.expm1(math.log1p(data.low) + place * (math.log1p(data.high) - math.log1p(data.low)))
    return data.low + place * (data.high - data.low)
