from __future__ import annotations

import pytest

from resonance.report.draw.svg import TEXT
from resonance.report.draw.text import fit_names, measure_text, measure_widest, write_figure, write_interval


def test_text_is_as_wide_as_its_characters() -> None:
    assert measure_text("") == 0
    assert measure_text("iiii") < measure_text("nnnn") < measure_text("WWWW") == 4 * TEXT
    assert measure_text("日本") == 2 * TEXT
    assert measure_text("é") > 0
    assert measure_text("abc", 20) == 2 * measure_text("abc", 10)
    assert measure_widest(["i", "WW", "n"], TEXT) == 2 * TEXT
    assert measure_widest([]) == 0


def test_only_names_that_are_too_wide_are_cut() -> None:
    names = ["numpy/docstring", "W" * 40, "i" * 24, "日" * 20, ""]
    cut = fit_names(names, 120)
    assert cut[0] == names[0]
    assert cut[2] == names[2]
    assert "…" in cut[1]
    assert "…" in cut[3]
    assert cut[4] == "(empty)"
    assert all(measure_text(text) <= 120 for text in cut)


def test_names_that_differ_stay_different() -> None:
    names = [f"{'W' * 30}{middle}{'M' * 30}" for middle in "abc"] + ["n" * 50 + end for end in "ab"]
    cut = fit_names(names, 100)
    assert len(set(cut)) == len(names)
    assert all(measure_text(text) <= 100 for text in cut)


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (2.34567, "2.346"), (-0.00012, "−0.00012"), (1234.5, "1,234"), (12_345_678, "12,345,678")]
)
def test_figures_have_four_digits_or_all_before_the_point(value: float, written: str) -> None:
    assert write_figure(value) == written


def test_intervals_follow_their_value() -> None:
    assert write_interval(2.1, 1.9, 2.3) == "2.1 (1.9 to 2.3)"
    assert write_interval(2.1, None, None) == "2.1"
