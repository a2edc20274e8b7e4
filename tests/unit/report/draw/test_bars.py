from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance.report.draw.bars import GAP, THINNEST, Bar, draw_bars
from resonance.report.draw.svg import SMALL, TEXT, TICK, WIDTH
from resonance.report.draw.text import measure_text

Read = Callable[[str], Any]


def test_bars_name_and_number_each_row(read: Read) -> None:
    made = read(draw_bars([Bar("torch/docstring", 3, "3 of 4", behind=4), Bar("numpy", 1, "1 of 4", role="orange")], "rows"))
    assert made.label == "rows"
    assert made.texts() == ["torch/docstring", "3 of 4", "numpy", "1 of 4"]
    assert made.description == "torch/docstring: 3 of 4; numpy: 1 of 4"
    assert [element.findtext("title") for element in made.find("g")] == ["torch/docstring: 3 of 4", "numpy: 1 of 4"]


def test_bars_are_as_long_as_their_values_and_start_at_zero(read: Read) -> None:
    made = read(draw_bars([Bar("all", 4, "", behind=8), Bar("half", 2, ""), Bar("none", 0, ""), Bar("few", 1e-9, "")], "rows"))
    (whole,) = made.numbers("rect", "pale", "x", "width")
    blue = made.numbers("rect", "blue", "x", "width")
    assert [x for x, _ in blue] == [whole[0]] * 3
    assert [width / whole[1] for _, width in blue[:2]] == pytest.approx([0.5, 0.25], abs=1e-3)
    assert blue[2][1] == THINNEST
    assert whole[0] + whole[1] == pytest.approx(WIDTH - GAP, abs=0.01)
    (axis,) = made.lines("axis")
    assert {x for x, _ in axis} == {whole[0]}


def test_a_bar_is_drawn_on_the_one_that_it_is_a_part_of(read: Read) -> None:
    made = read(draw_bars([Bar("both", 1, "", behind=2, role="orange", behind_role="purple")], "rows"))
    assert [element.get("class") for element in made.find("rect")] == ["purple", "orange"]


@pytest.mark.parametrize(("small", "width"), [(False, WIDTH), (True, SMALL)])
def test_names_bars_and_figures_do_not_meet(read: Read, small: bool, width: float) -> None:
    rows = [Bar("W" * 40, 5, "12,345 of 23,969"), Bar("a name that is much too long to stand here", 4, "1"), Bar("日" * 30, 3, "2")]
    made = read(draw_bars(rows, "rows", small=small))
    assert made.width == width
    for (x, long), row in zip(made.numbers("rect", "blue", "x", "width"), rows, strict=True):
        assert x + long <= width - measure_text(row.text, TICK)
    for name in made.find("text"):
        if "soft" not in name.get("class", ""):
            assert name.get("text-anchor") == "end"
            assert float(name.attrib["x"]) - measure_text(name.text, TEXT) >= -0.01
            assert float(name.attrib["x"]) < made.numbers("rect", "blue", "x")[0][0]


def test_rows_are_one_below_the_other(read: Read) -> None:
    made = read(draw_bars([Bar(str(n), n, "") for n in range(1, 6)], "rows"))
    tops = [y for (y,) in made.numbers("rect", "blue", "y")]
    assert tops == sorted(tops)
    assert made.height > tops[-1]


def test_no_rows_and_zeros_make_a_picture(read: Read) -> None:
    assert read(draw_bars([], "none")).height > 0
    assert not read(draw_bars([Bar("zero", 0, "0")], "zero")).find("rect")
