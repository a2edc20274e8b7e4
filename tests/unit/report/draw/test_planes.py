from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance.report.draw.planes import BOTTOM, HEIGHT, RIGHT, TOP, draw_plane
from resonance.report.draw.svg import WIDTH, Drawing

Read = Callable[[str], Any]


def test_each_tick_is_at_its_hairline(read: Read) -> None:
    drawing = Drawing(WIDTH, HEIGHT)
    plane = draw_plane(drawing, (0, 1), (10_000, 40_000), "share", "tokens")
    made = read(drawing.finish("axes", ""))
    assert {"share", "tokens"} <= set(made.texts("soft"))
    assert {"10k", "20k", "30k", "40k", "0", "1.0"} <= set(made.texts("soft"))
    levels = [start[1] for start, end in made.lines("hair") if start[1] == end[1]]
    assert levels == pytest.approx([plane.y.place(value) for value in range(10_000, 40_001, 10_000)], abs=0.01)
    assert float(made.text("1.0").attrib["x"]) == pytest.approx(RIGHT)
    assert plane.place(0, 10_000) == (plane.x.start, BOTTOM)
    assert plane.place(1, 40_000) == (RIGHT, TOP)


def test_wide_ticks_move_the_axis_and_not_each_other() -> None:
    def left(top: float) -> float:
        return draw_plane(Drawing(WIDTH, HEIGHT), (0, 1), (0, top), "", "").x.start

    assert left(9) < left(0.0009)
