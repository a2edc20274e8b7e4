"""Cells of scores: blank where there is none, darker where they are lower."""

from __future__ import annotations

import re

from resonance.report.draw.matrix import draw_matrix


def test_each_cell_says_its_score_and_is_darker_the_lower_it_is() -> None:
    picture = draw_matrix(["one", "other"], ["1", "2"], [[1.0, 0.25], [None, 0.0]], "scores")
    assert re.findall(r"<g><title>(.*?)</title>", picture) == ["one, 1: 1.000", "one, 2: 0.250", "other, 1: –", "other, 2: 0.000"]
    cells = re.findall(r'<rect [^>]*class="orange"[^>]*/>', picture)
    assert [re.findall(r'fill-opacity="([\d.]+)"', cell) for cell in cells] == [["0.75"], []]
    assert picture.count('class="blank"') == 4
    assert re.findall(r">(\d+)</text>", picture)[2:] == ["100", "25", "0"]


def test_no_rows_are_drawn_as_an_empty_picture() -> None:
    assert "<svg" in draw_matrix([], ["1"], [], "scores")
