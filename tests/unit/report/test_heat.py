"""Cells are darker where there is more, blank where there is nothing; rows carry their names, numbers and sums."""

from __future__ import annotations

import re

from resonance.report.heat import PALEST, heat


def test_cells_rows_and_sums() -> None:
    picture = heat(["first", "<second>"], [[0, 25], [100, 0]], "what", "p")
    assert 'aria-label="what"' in picture
    for text in (">first<", "&lt;second&gt;", ">25<", ">100<", ">1<", ">2<"):
        assert text in picture, text
    shades = [float(found) for found in re.findall(r"opacity: ([\d.]+)", picture)]
    assert shades == [PALEST + (1 - PALEST) / 2]
    assert picture.count("fill: var(--purple)") == 2
    assert picture.count("fill: none; stroke: var(--line)") == 2


def test_all_zeros_are_all_blank() -> None:
    assert heat(["one", "two"], [[0, 0], [0, 0]], "what", "p").count("fill: none; stroke: var(--line)") == 4
