from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from resonance.report.draw.planes import BOTTOM, RIGHT, TOP
from resonance.report.draw.points import NAMED, RADIUS, Point, draw_map, draw_points
from resonance.report.draw.svg import DROP, TICK, WIDTH
from resonance.report.draw.text import measure_text

Read = Callable[[str], Any]


def test_points_surround_the_lines_of_the_mean(read: Read) -> None:
    found = [Point(-1, 0.5, "orange", "less"), Point(1, 2, "blue", "more")]
    made = read(draw_points(found, "policy", "above the mean", "factor", level=1))
    upright, level = made.lines("zero")
    (less,), (more,) = made.numbers("circle", "orange", "cx", "cy"), made.numbers("circle", "blue", "cx", "cy")
    assert less[0] < upright[0][0] < more[0]
    assert more[1] < level[0][1] < less[1]
    assert float(made.text("0").attrib["x"]) == pytest.approx(upright[0][0], abs=0.02)
    assert {"above the mean", "factor", "less", "more"} <= set(made.texts("soft"))
    assert made.description == "factor over above the mean. less: −1, 0.5; more: 1, 2"
    assert made.find("circle", "blue")[0].findtext("title") == "more: 1, 2"


def test_names_meet_no_point_and_no_other_name(read: Read) -> None:
    found = [Point(n % 7 / 10, 1 + (n * 13 % 10) / 10, "blue", f"a slice called {n}") for n in range(40)]
    made = read(draw_points(found, "policy", "x", "y", level=1))
    boxes = []
    for element in made.find("text", "haloed"):
        x, y = float(element.attrib["x"]), float(element.attrib["y"]) - DROP
        boxes.append((x, y - TICK / 2, x + measure_text(element.text, TICK), y + TICK / 2))
    assert 1 <= len(boxes) <= NAMED
    assert all(left >= 0 and right <= WIDTH for left, _, right, _ in boxes)
    dots = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in made.numbers("circle", "blue", "cx", "cy")]
    for one, other in [*combinations(boxes, 2), *((box, dot) for box in boxes for dot in dots)]:
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_points_without_names_and_no_points_make_a_picture(read: Read) -> None:
    assert not read(draw_points([Point(1, 2, "blue")], "policy", "x", "y", level=1)).texts("haloed")
    assert len(read(draw_points([], "policy", "x", "y", level=1)).lines("zero")) == 2


def test_the_map_has_fixed_axes_and_points_that_lead_somewhere(read: Read) -> None:
    made = read(draw_map([Point(0, 0, "orange", href="#text-0"), Point(0.5, 1, "blue", href="#text-1")], "labels"))
    assert [link.get("href") for link in made.find("a")] == ["#text-0", "#text-1"]
    (never,), (always,) = made.numbers("circle", "orange", "cx", "cy"), made.numbers("circle", "blue", "cx", "cy")
    assert never[0] < 60
    assert BOTTOM - 10 < never[1] < BOTTOM
    assert RIGHT - 10 < always[0] < RIGHT
    assert TOP < always[1] < TOP + 10
    assert float(made.text("0.5").attrib["x"]) == pytest.approx(always[0], abs=0.02)
    assert {"variability", "confidence"} <= set(made.texts("soft"))
    assert made.description == "confidence over variability of 2 samples"
