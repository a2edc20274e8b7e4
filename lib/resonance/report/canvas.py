"""Axes of a known size: one unit is one CSS pixel, so that text is as large on a phone as it was meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.svg import colour
from resonance.report.wording import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WIDTH, SMALL = 340, 172
TEXT, TICK = 11.0, 10.5


def canvas(height: float, *, left: float, right: float, top: float, bottom: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """A figure and its only axes, with margins in pixels; nothing is moved to make room for text."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="none")
    axes = figure.add_axes((left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height))
    axes.set_facecolor("none")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(colour("line"))
    axes.tick_params(colors=colour("soft"), labelsize=TICK, length=0, pad=5)
    axes.set_axisbelow(True)
    return figure, axes


def ticks(axis: Axis, most: int, *, whole: bool = False) -> None:
    """At most ``most`` round numbers on the axis, written short."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(most, integer=whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(round(value, 10))))
