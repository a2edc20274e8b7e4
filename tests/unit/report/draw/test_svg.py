from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from typing import Any

from resonance.report.draw import svg
from resonance.report.draw.svg import ROLES, Drawing, write_number

HOSTILE = '</text><script>alert(1)</script><a href="javascript:x">$\\frac{1}$&amp;'
Read = Callable[[str], Any]


def make_picture() -> str:
    drawing = Drawing(200, 100.5)
    drawing.add_path([(0, 0), (1, 1), (math.nan, 2), (3, 3), (4, 4)], "curve blue", hint=HOSTILE)
    with drawing.add_group(HOSTILE):
        drawing.add_text(5, 10, HOSTILE, HOSTILE)
        drawing.add_dot(1, 2, 3, "teal", hint=HOSTILE, href=HOSTILE)
        drawing.add_dot(math.nan, 2, 3, "orange")
        drawing.add_box(1, 2, 3, 4, "blue", opacity=0.5)
    return str(drawing.finish('"quoted" <label>', HOSTILE))


def test_text_from_data_stays_text(read: Read) -> None:
    made = read(make_picture())
    assert {element.tag for element in made.root.iter()} == {"svg", "title", "desc", "path", "g", "text", "a", "circle", "rect"}
    assert made.texts() == [HOSTILE]
    assert made.description == HOSTILE
    assert [element.findtext("title") for element in (*made.find("g"), *made.find("circle"))] == [HOSTILE] * 2
    assert "<script" not in make_picture()
    assert '"><script' not in make_picture()


def test_a_picture_says_what_it_shows(read: Read) -> None:
    made = read(make_picture())
    assert made.root.get("role") == "img"
    assert made.root[0].tag == "title"
    assert made.label == '"quoted" <label>'
    assert (made.width, made.height) == (200, 100.5)
    assert [link.get("tabindex") for link in made.find("a")] == ["-1"]


def test_lines_break_and_dots_vanish_where_a_value_is_not_finite(read: Read) -> None:
    made = read(make_picture())
    assert made.lines("curve") == [[(0, 0), (1, 1)], [(3, 3), (4, 4)]]
    assert not made.find("circle", "orange")
    assert "nan" not in make_picture()


def test_equal_pictures_are_equal_and_bring_no_ids_styles_or_links() -> None:
    assert make_picture() == make_picture()
    assert not re.search(r"https?:|xmlns|\bid=|style|<metadata|<\?xml|<!DOCTYPE", make_picture())


def test_coordinates_are_short() -> None:
    assert [write_number(value) for value in (1.0, 1.2345, -0.001, 120, 12345.678)] == ["1", "1.23", "0", "120", "12345.68"]


def test_the_style_sheet_knows_all_looks_and_sizes() -> None:
    style = resources.files("resonance.report").joinpath("templates/report.css").read_text()
    source = "".join(path.read_text() for path in resources.files("resonance.report.draw").iterdir() if path.name.endswith(".py"))
    for role in ROLES:
        assert f".{role} {{ --c: var(--{role}); }}" in style
    for look in (
        "soft",
        "tiny",
        "bright",
        "haloed",
        "blank",
        "faint",
        "ring",
        "hair",
        "axis",
        "zero",
        "limit",
        "curve",
        "interval",
    ):
        assert f".chart .{look} {{" in style, look
        assert re.search(rf'["\' ]{look}["\' ]', source), look
    assert f"font: {svg.TEXT:g}px/1 var(--font)" in style
    assert re.search(rf"\.chart \.soft {{[^}}]*font-size: {svg.TICK}px", style)
    assert re.search(rf"\.chart \.tiny {{[^}}]*font-size: {svg.TINY:g}px", style)


def test_drawing_loads_no_plotting_and_no_numeric_package() -> None:
    modules = ", ".join(f"resonance.report.draw.{name}" for name in ("bars", "dots", "heat", "histogram", "lines", "points"))
    code = f"import sys, {modules}; print(sorted(set(sys.modules) & {{'matplotlib', 'numpy', 'pandas', 'pyspark'}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
