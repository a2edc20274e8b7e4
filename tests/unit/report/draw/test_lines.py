from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance.report.draw.lines import Line, draw_lines

Read = Callable[[str], Any]


def test_lines_carry_units_and_dash_control_arms(read: Read) -> None:
    series = [Line((0, 1), (3.0, 2.0), "blue", "round 1"), Line((0, 1), (3.0, 2.1), "orange", "control", dashed=True)]
    made = read(draw_lines(series, "losses", "tokens trained on", "bits per byte"))
    assert {"tokens trained on", "bits per byte"} <= set(made.texts("soft"))
    assert [element.get("class") for element in made.find("path", "dash")] == ["curve orange dash"]
    assert made.description == "bits per byte over tokens trained on. round 1: 3 at 0 to 2 at 1; control: 3 at 0 to 2.1 at 1"
    assert not made.find("circle")


def test_corners_are_at_their_ticks(read: Read) -> None:
    made = read(draw_lines([Line((1, 2, 3), (10.0, 30.0, 20.0), "teal")], "weights", "round", "%", whole=True))
    (curve,) = made.lines("curve teal")
    assert [x for x, _ in curve] == pytest.approx([float(made.text(word).attrib["x"]) for word in "123"], abs=0.02)
    assert curve[1][1] < curve[2][1] < curve[0][1]
    twenty = float(made.text("20").attrib["y"])
    assert twenty - curve[2][1] == pytest.approx(3.8, abs=0.02)
    assert made.numbers("circle", "teal", "cx", "cy") == curve


def test_intervals_surround_their_values(read: Read) -> None:
    made = read(
        draw_lines([Line((1, 2), (2.0, 3.0), "blue", intervals=((1.5, 2.5), (2.0, 4.0)))], "held out", "round", "bits", whole=True)
    )
    first, second = made.lines("interval blue")
    dots = made.numbers("circle", "blue", "cx", "cy")
    for (top, bottom), (x, y) in zip((first, second), dots, strict=True):
        assert top[0] == bottom[0] == x
        assert (top[1] + bottom[1]) / 2 == pytest.approx(y, abs=0.02)
    assert [dot.findtext("title") for dot in made.find("circle")] == ["2 (1.5 to 2.5)", "3 (2 to 4)"]


def test_one_value_is_visible(read: Read) -> None:
    assert len(read(draw_lines([Line((1,), (2.0,), "blue")], "one", "round", "bits per byte")).find("circle", "blue")) == 1


def test_nothing_and_values_that_are_not_finite_make_a_picture(read: Read) -> None:
    assert read(draw_lines([], "none", "round", "bits")).texts("soft")
    nan = float("nan")
    made = read(draw_lines([Line((0, 1, 2, 3), (1.0, 2.0, nan, 1.0), "blue"), Line((), (), "teal")], "broken", "tokens", "bits"))
    assert [len(stroke) for stroke in made.lines("curve blue")] == [2, 1]
