"""Scores in a grid of cells: named rows, numbered columns, darker where the score is lower."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from resonance.report.draw.svg import TEXT, TICK, TINY, WIDTH, Drawing
from resonance.report.draw.text import fit_names, measure_text, measure_widest
from resonance.report.language import say
from resonance.report.wording import name, write_score

TOP, PITCH, WIDEST = 18, 20, 40
NAME_ROOM, GAP = 84, 6
FILL = 0.92
DARK = 0.65
"""Cells at least this dark carry light text."""


def draw_matrix(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[float | None]], label: str) -> Markup:
    """A cell for each row and column: blank where there is no score, white at 1, full at 0, with hundredths where they fit."""
    called = fit_names(rows, NAME_ROOM)
    left = measure_widest(called, TEXT) + GAP
    width = min((WIDTH - left) / len(columns), WIDEST)
    fits = measure_text("100", TINY) <= FILL * width - 1
    drawing = Drawing(WIDTH, TOP + max(len(rows), 1) * PITCH + 4)
    small = "soft tiny" if measure_widest(columns, TICK) > width - 1 else "soft"
    for x, column in enumerate(columns):
        drawing.add_text(left + (x + 0.5) * width, TOP / 2, column, small, anchor="middle")
    for y, scores in enumerate(cells):
        drawing.add_text(left - GAP, TOP + (y + 0.5) * PITCH, called[y], anchor="end")
        for x, value in enumerate(scores):
            place = say(", ").join((name(rows[y]), columns[x]))
            with drawing.add_group(say("{name}: {words}", name=place, words=write_score(value))):
                _draw_cell(drawing, left + x * width, TOP + y * PITCH, width, value, fits)
    told = (say(", ").join(map(write_score, scores)) for scores in cells)
    lines = (say("{name}: {words}", name=name(row), words=words) for row, words in zip(rows, told, strict=True))
    return drawing.finish(label, say("; ").join(lines))


def _draw_cell(drawing: Drawing, x: float, y: float, width: float, value: float | None, fits: bool) -> None:
    inset = (1 - FILL) / 2
    box = (x + inset * width, y + inset * PITCH, FILL * width, FILL * PITCH)
    drawing.add_box(*box, "blank")
    if value is None:
        return
    if value < 1:
        drawing.add_box(*box, "orange", opacity=1 - value)
    if fits:
        look = "tiny bright" if 1 - value >= DARK else "tiny"
        drawing.add_text(x + width / 2, y + PITCH / 2, f"{100 * value:.0f}", look, anchor="middle")
