"""Counts in a square of cells: rows with names, columns with their numbers, darker where there is more."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from resonance.report.draw.svg import TEXT, TICK, TINY, WIDTH, Drawing
from resonance.report.draw.text import fit_names, measure_text, measure_widest
from resonance.report.language import say
from resonance.report.wording import count, name, short

TOP, PITCH, WIDEST = 18, 20, 40
NAME_ROOM, GAP = 118, 6
FILL = 0.92
PALEST = 0.1
DARK = 0.75
"""Cells at least this dark carry light text."""


def draw_heat(names: Sequence[str], cells: Sequence[Sequence[float]], label: str, role: str = "purple") -> Markup:
    """A square of cells, one row and one column for each name, with the sum of each row beside it; zeros stay blank."""
    many = len(names)
    called, numbers, sums = fit_names(names, NAME_ROOM), [str(at + 1) for at in range(many)], [short(sum(row)) for row in cells]
    numbered = measure_widest(called, TEXT) + 2 * GAP + measure_widest(numbers)
    left = numbered + GAP
    width = min((WIDTH - left - measure_widest(sums) - GAP) / many, WIDEST)
    right = left + many * width + GAP + measure_widest(sums)
    small = "soft tiny" if measure_text(numbers[-1], TICK) > width - 2 else "soft"
    top = max(max(row) for row in cells) or 1
    fits = measure_widest((short(value) for row in cells for value in row), TINY) <= FILL * width - 2
    drawing = Drawing(WIDTH, TOP + many * PITCH + 4)
    for y, row in enumerate(cells):
        middle = TOP + (y + 0.5) * PITCH
        drawing.add_text(measure_widest(called, TEXT), middle, called[y], anchor="end")
        drawing.add_text(numbered, middle, numbers[y], "soft", anchor="end")
        drawing.add_text(left + (y + 0.5) * width, TOP / 2, numbers[y], small, anchor="middle")
        drawing.add_text(right, middle, sums[y], "soft", anchor="end")
        for x, value in enumerate(row):
            with drawing.add_group(say("{name}: {words}", name=f"{name(names[y])} → {name(names[x])}", words=count(value))):
                _draw_cell(drawing, left + x * width, TOP + y * PITCH, width, value / top, role, short(value) if fits else "")
    told = (say("{name}: {words}", name=name(names[y]), words=count(sum(row))) for y, row in enumerate(cells))
    return drawing.finish(label, say("; ").join(told))


def _draw_cell(drawing: Drawing, x: float, y: float, width: float, level: float, role: str, words: str) -> None:
    """A cell; its shade goes with the square root of its share of the largest, so that small counts are seen."""
    inset = (1 - FILL) / 2
    box = (x + inset * width, y + inset * PITCH, FILL * width, FILL * PITCH)
    if not level:
        drawing.add_box(*box, "blank")
        return
    shade = PALEST + (1 - PALEST) * level**0.5
    drawing.add_box(*box, role, opacity=shade)
    if words:
        drawing.add_text(x + width / 2, y + PITCH / 2, words, "tiny bright" if shade >= DARK else "tiny", anchor="middle")
