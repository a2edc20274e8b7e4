from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance.report.draw.histogram import BOTTOM, LEFT, RIGHT, THINNEST, TOP, Histogram, draw_histogram
from resonance.report.draw.svg import TICK
from resonance.report.draw.text import measure_text

Read = Callable[[str], Any]


def test_bars_are_as_tall_as_their_shares(read: Read) -> None:
    made = read(draw_histogram(Histogram((0.2, 0.4, 0.0, 1e-9), 0.0, 4.0), "h"))
    bars = made.numbers("rect", "blue", "y", "height")
    assert [height for _, height in bars] == pytest.approx([(BOTTOM - TOP) / 2, BOTTOM - TOP, 0, THINNEST])
    assert all(y + height == pytest.approx(BOTTOM) for y, height in bars)
    assert "tallest 40% of texts" in made.texts("soft")
    assert [bar.findtext("title") for bar in made.find("rect")] == [
        "0 to 1: 20.0%",
        "1 to 2: 40.0%",
        "2 to 3: 0.0%",
        "3 to 4: 0.00%",
    ]
    assert made.description == "4 buckets from 0 to 4, the tallest 40% of texts"


def test_bars_on_the_cut_side_of_a_threshold_are_orange(read: Read) -> None:
    def orange(*thresholds: tuple[float, bool]) -> int:
        data = Histogram((0.2, 0.3, 0.4, 0.1), 0.0, 4.0, thresholds=thresholds)
        return len(read(draw_histogram(data, "h")).find("rect", "orange"))

    assert orange() == 0
    assert orange((1.0, True)) == 1
    assert orange((1.0, False)) == 3
    assert orange((1.0, True), (3.0, False)) == 2


def test_thresholds_are_at_their_values_and_show_them(read: Read) -> None:
    made = read(draw_histogram(Histogram((0.25,) * 4, 0.0, 4.0, thresholds=((1.0, True),)), "h"))
    (line,) = made.lines("limit")
    assert {x for x, _ in line} == {LEFT + (RIGHT - LEFT) / 4}
    value = made.text("1")
    assert float(value.attrib["x"]) + measure_text("1", TICK) / 2 == pytest.approx(line[0][0], abs=0.02)
    assert made.description.endswith("; cut below 1")


def test_values_of_thresholds_do_not_meet(read: Read) -> None:
    thresholds = tuple((value, True) for value in (0.1234, 0.1235, 0.1236))
    made = read(draw_histogram(Histogram((0.5, 0.5), 0.0, 1.0, thresholds=thresholds), "h"))
    starts = sorted((float(e.attrib["x"]), measure_text(e.text, TICK)) for e in made.find("text") if not e.get("class"))
    assert len(starts) == 3
    assert all(x + wide <= other for (x, wide), (other, _) in zip(starts, starts[1:], strict=False))


def test_a_threshold_beyond_the_axis_is_described_and_not_drawn(read: Read) -> None:
    made = read(draw_histogram(Histogram((0.5, 0.5), 10.0, 20.0, thresholds=((5.0, True),)), "h"))
    assert not made.find("path", "limit")
    assert made.description.endswith("; cut below 5")


def test_whole_numbers_are_cut_before_their_own_bar(read: Read) -> None:
    made = read(draw_histogram(Histogram((0.25,) * 4, -0.5, 3.5, whole=True, thresholds=((2.0, True),)), "stop words"))
    assert len(made.find("rect", "orange")) == 2
    assert [text for text in made.texts("soft") if len(text) == 1] == ["0", "3"]
    assert made.find("rect")[1].findtext("title") == "1: 25.0%"
    (line,) = made.lines("limit")
    assert line[0][0] == (LEFT + RIGHT) / 2


def test_logarithmic_edges_are_written_as_values(read: Read) -> None:
    made = read(draw_histogram(Histogram((0.5, 0.5), 0.0, 99_999.0, log=True), "h"))
    assert {"0", "315", "100k"} <= set(made.texts("soft"))
    assert float(made.text("315").attrib["x"]) == (LEFT + RIGHT) / 2
