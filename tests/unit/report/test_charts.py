from __future__ import annotations

import re
from xml.etree import ElementTree

from resonance.report.charts import Bar, Mark, Row, bars, dots


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter("text")]


def test_bars_name_and_number_each_row() -> None:
    picture = bars([Bar("torch/docstring", 3, "3 of 4", behind=4), Bar("numpy", 1, "1 of 4", role="orange")], "rows", "p")
    assert [t for t in texts(picture) if t] == ["torch/docstring", "3 of 4", "numpy", "1 of 4"]
    assert "var(--pale)" in picture
    assert "var(--orange)" in picture


def test_bars_are_as_long_as_their_values() -> None:
    picture = bars([Bar("all", 4, ""), Bar("half", 2, "")], "rows", "p")
    widths = []
    for path in re.findall(r'<path d="([^"]+)"[^>]*fill: var\(--blue\)', picture):
        xs = [float(x) for x in re.findall(r"[ML] ([-\d.]+) ", path)]
        widths.append(max(xs) - min(xs))
    assert len(widths) == 2
    assert abs(widths[0] / widths[1] - 2) < 1e-3


def test_no_rows_and_zeros_make_a_picture() -> None:
    assert "<svg" in bars([], "none", "p")
    assert "<svg" in bars([Bar("zero", 0, "0")], "zero", "p")
    assert "<svg" in dots([], "none", "p", "bits")


def test_long_and_hostile_names_are_cut_and_shown_as_text() -> None:
    picture = dots(
        [Row("<script>x</script>", (Mark(1.0, "blue", 0.5, 1.5),)), Row("n" * 90, ())], "rows", "p", "bits per byte", zero=True
    )
    assert "<script>x</script>" in texts(picture)
    assert "<script" not in picture
    assert max(map(len, texts(picture))) <= 22
    assert "bits per byte" in texts(picture)


def test_more_marks_make_taller_rows() -> None:
    def height(count: int) -> float:
        picture = dots([Row("a", (Mark(1.0, "blue"),) * count)] * 10, "rows", "p", "bits")
        return float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', picture)[1])  # type: ignore[index]

    assert height(1) < height(4)
