from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance.report.draw.heat import PALEST, draw_heat
from resonance.report.draw.svg import TINY, WIDTH
from resonance.report.draw.text import measure_text

Read = Callable[[str], Any]


def test_cells_are_darker_where_there_is_more(read: Read) -> None:
    made = read(draw_heat(["first", "<second>"], [[0, 25], [100, 0]], "what"))
    assert made.label == "what"
    assert {"first", "<second>", "1", "2"} <= set(made.texts())
    few, most = made.find("rect", "purple")
    assert float(few.attrib["fill-opacity"]) == PALEST + (1 - PALEST) / 2
    assert most.get("fill-opacity") is None
    assert len(made.find("rect", "blank")) == 2
    assert [group.findtext("title") for group in made.find("g")][1] == "first → <second>: 25"
    assert made.description == "first: 25; <second>: 100"


def test_rows_and_columns_are_at_their_numbers(read: Read) -> None:
    made = read(draw_heat(["a", "b"], [[1, 2], [3, 4]], "what"))
    cells = made.numbers("rect", "purple", "x", "y", "width")
    assert cells[0][1] == cells[1][1] < cells[2][1] == cells[3][1]
    assert cells[0][0] == cells[2][0] < cells[1][0] == cells[3][0]
    heads = [float(element.attrib["x"]) for element in made.find("text", "soft") if element.get("text-anchor") == "middle"]
    assert heads == pytest.approx([x + width / 2 for x, _, width in cells[:2]], abs=0.02)


def test_cells_say_their_counts_where_all_have_room(read: Read) -> None:
    few = read(draw_heat(["a", "b"], [[12, 25], [100, 0]], "what"))
    assert few.texts("tiny") == ["12", "25", "100"]
    assert few.texts("bright") == ["100"]
    many = read(draw_heat([f"name {n}" for n in range(12)], [[123] * 12] * 12, "what"))
    assert "123" not in many.texts("tiny")
    assert many.texts("soft").count("1,476") == 12


def test_heads_of_many_columns_do_not_meet(read: Read) -> None:
    made = read(draw_heat([f"a long name of a source {n}" for n in range(12)], [[1] * 12] * 12, "what"))
    heads = [float(element.attrib["x"]) for element in made.find("text", "tiny") if "soft" in element.attrib["class"]]
    assert len(heads) == 12
    assert heads[11] - heads[10] >= measure_text("12", TINY)
    assert max(x + width for x, width in made.numbers("rect", "purple", "x", "width")) < WIDTH


def test_all_zeros_are_all_blank(read: Read) -> None:
    assert len(read(draw_heat(["one", "two"], [[0, 0], [0, 0]], "what")).find("rect", "blank")) == 4
