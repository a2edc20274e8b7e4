"""One picture as an SVG element; its fonts and colours come from the page's style sheet, by class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from markupsafe import Markup, escape

ROLES = ("ink", "blue", "orange", "teal", "purple", "pale", "grey")
"""Classes of shapes; the style sheet defines their colours for light and dark."""

WIDTH, SMALL = 340, 172
"""How wide large and small pictures are. One unit is one CSS pixel, so that text is as large on a phone as on a screen."""

TEXT, TICK, TINY = 11.0, 10.5, 9.0
"""Sizes of text: of names, of what is ``soft``, and of what is ``tiny``. The style sheet has the same."""

DROP = 3.8
"""How far below its middle a line of text has its baseline."""


class Drawing:
    """A picture to which elements are added, each on top of those before; ``hint`` is what a pointer over one shows."""

    def __init__(self, width: float, height: float) -> None:
        self._size = f"0 0 {write_number(width)} {write_number(height)}"
        self._parts: list[str] = []

    def add_text(self, x: float, y: float, words: str, look: str = "", *, anchor: str = "") -> None:
        """Add a line of text whose middle is at the height ``y``; ``anchor`` is ``middle`` or ``end`` where x is not its start."""
        self._add("text", {"x": x, "y": y + DROP, "class": look, "text-anchor": anchor}, escape(words))

    def add_box(self, x: float, y: float, width: float, height: float, look: str, *, hint: str = "", opacity: float = 1.0) -> None:
        """Add a rectangle."""
        faint = opacity if opacity < 1 else ""
        self._add("rect", {"x": x, "y": y, "width": width, "height": height, "class": look, "fill-opacity": faint}, _hint(hint))

    def add_dot(self, x: float, y: float, radius: float, look: str, *, hint: str = "", href: str = "") -> None:
        """Add a disc, where its place is finite; ``href`` is where a click leads, outside the tab order: its target is in it."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return
        if href:
            self._parts.append(f'<a href="{escape(href)}" tabindex="-1">')
        self._add("circle", {"cx": x, "cy": y, "r": radius, "class": look}, _hint(hint))
        if href:
            self._parts.append("</a>")

    def add_path(self, points: Iterable[tuple[float, float]], look: str, *, hint: str = "") -> None:
        """Add a line through these points, broken where one is not finite."""
        self._add("path", {"d": _trace(points), "class": look}, _hint(hint))

    def add_segments(self, ends: Iterable[tuple[float, float, float, float]], look: str) -> None:
        """Add straight lines, each from (x, y) to (x, y), as one element."""
        self._add("path", {"d": "".join(_trace(((x, y), (to_x, to_y))) for x, y, to_x, to_y in ends), "class": look})

    @contextmanager
    def add_group(self, hint: str) -> Iterator[None]:
        """Add a group with one hint for all that is added meanwhile."""
        self._parts.append(f"<g>{_hint(hint)}")
        yield
        self._parts.append("</g>")

    def finish(self, label: str, description: str) -> Markup:
        """The picture as an ``<svg>`` element: ``label`` names what it shows, ``description`` lists the figures."""
        title = f"<title>{escape(label)}</title><desc>{escape(description)}</desc>"
        # All text and all attributes are escaped where they are added, so no label can become an element.
        return Markup(f'<svg viewBox="{self._size}" role="img" class="chart">{title}{"".join(self._parts)}</svg>')

    def _add(self, tag: str, attributes: Mapping[str, float | str], content: str = "") -> None:
        written = "".join(
            f' {name}="{escape(value) if isinstance(value, str) else write_number(value)}"'
            for name, value in attributes.items()
            if value != ""
        )
        self._parts.append(f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>")


def write_number(value: float) -> str:
    """A coordinate: at most two decimals."""
    return f"{round(value, 2) + 0.0:.10g}"


def _hint(hint: str) -> str:
    return f"<title>{escape(hint)}</title>" if hint else ""


def _trace(points: Iterable[tuple[float, float]]) -> str:
    steps, drawn = [], False
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            steps.append(f"{'L' if drawn else 'M'}{write_number(x)} {write_number(y)}")
            drawn = True
        else:
            drawn = False
    return "".join(steps)
