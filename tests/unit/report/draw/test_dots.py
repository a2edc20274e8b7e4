from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance.report.draw.dots import Mark, Row, draw_dots
from resonance.report.draw.svg import TEXT, WIDTH
from resonance.report.draw.text import measure_text

Read = Callable[[str], Any]


def test_marks_and_ticks_share_one_scale(read: Read) -> None:
    made = read(draw_dots([Row("a", (Mark(1.0, "blue", 0.5, 1.5),)), Row("b", (Mark(2.0, "orange"),))], "rows", "bits per byte"))
    (one,), (two,) = made.numbers("circle", "blue", "cx"), made.numbers("circle", "orange", "cx")
    assert made.texts()[:3] == ["0.5", "1.0", "1.5"]
    assert float(made.text("1.0").attrib["x"]) == pytest.approx(one[0], abs=0.02)
    assert float(made.text("2.0").attrib["x"]) == pytest.approx(two[0], abs=0.02)
    (interval,) = made.lines("interval blue")
    assert [x for x, _ in interval] == pytest.approx([float(made.text(word).attrib["x"]) for word in ("0.5", "1.5")], abs=0.02)
    assert "bits per byte" in made.texts("soft")
    assert made.description == "bits per byte. a: 1 (0.5 to 1.5); b: 2"


def test_rings_are_hollow_and_have_no_interval(read: Read) -> None:
    made = read(draw_dots([Row("a", (Mark(1.0, "grey", shape="ring"), Mark(2.0, "blue")))], "rows", "bits"))
    assert len(made.find("circle", "ring grey")) == 1
    assert not made.find("circle", "ring blue")
    assert not made.find("path", "interval")


def test_joined_marks_are_on_one_line(read: Read) -> None:
    marks = (Mark(10.0, "blue", shape="ring"), Mark(12.0, "blue"))
    apart = read(draw_dots([Row("a", marks)], "rows", "%")).numbers("circle", "blue", "cy")
    assert apart[0] < apart[1]
    made = read(draw_dots([Row("a", marks, "10 → 12", joined=True)], "rows", "%"))
    ring, dot = made.numbers("circle", "blue", "cx", "cy")
    assert made.lines("interval blue") == [[ring, dot]]
    assert ring[1] == dot[1]
    assert "10 → 12" in made.texts("soft")
    assert made.description == "%. a: 10, 12 [10 → 12]"


def test_zero_is_drawn_where_nothing_differs(read: Read) -> None:
    rows = [Row("a", (Mark(-0.02, "teal", -0.03, -0.01),))]
    assert not read(draw_dots(rows, "rows", "bits")).find("path", "zero")
    (line,) = read(draw_dots(rows, "rows", "bits", zero=True)).lines("zero")
    (dot,) = read(draw_dots(rows, "rows", "bits", zero=True)).numbers("circle", "teal", "cx")
    assert line[0][0] == line[1][0] > dot[0]


def test_an_axis_may_begin_at_zero(read: Read) -> None:
    made = read(draw_dots([Row("a", (Mark(30.0, "blue"),))], "rows", "%", from_zero=True))
    (axis,) = made.lines("axis")
    assert float(made.text("0").attrib["x"]) == pytest.approx(axis[0][0], abs=0.02)


def test_long_and_hostile_names_are_cut_and_shown_as_text(read: Read) -> None:
    rows = [Row("<script>x</script>", (Mark(1.0, "blue", 0.5, 1.5),)), Row("n" * 90, (), "+0.0028")]
    picture = draw_dots(rows, "rows", "bits per byte", zero=True)
    made = read(picture)
    assert "<script>x</script>" in made.texts()
    assert "<script" not in picture
    names = [element for element in made.find("text") if not element.get("class")]
    assert [name.get("text-anchor") for name in names] == ["end", "end"]
    assert all(float(name.attrib["x"]) >= measure_text(name.text, TEXT) - 0.01 for name in names)
    (axis,) = made.lines("axis")
    assert axis[1][0] < WIDTH - measure_text("+0.0028", 10.5)


def test_more_marks_make_taller_rows(read: Read) -> None:
    def height(count: int) -> float:
        return read(draw_dots([Row("a", (Mark(1.0, "blue"),) * count)] * 10, "rows", "bits")).height

    assert height(1) < height(4)


def test_marks_stay_in_their_row(read: Read) -> None:
    rows = [Row(str(n), tuple(Mark(n, role) for role in ("grey", "blue", "orange"))) for n in range(4)]
    made = read(draw_dots(rows, "rows", "bits"))
    between = [points[0][1] for points in made.lines("hair") if points[0][1] == points[1][1]]
    heights = [y for (y,) in made.numbers("circle", "", "cy")]
    for index, y in enumerate(heights):
        assert sum(line < y for line in between) == index // 3


def test_no_rows_and_values_that_are_not_finite_make_a_picture(read: Read) -> None:
    assert read(draw_dots([], "none", "bits")).height > 0
    assert not read(draw_dots([Row("a", (Mark(float("nan"), "blue"),))], "none", "bits")).find("circle")
