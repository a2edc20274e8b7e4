from __future__ import annotations

from resonance.report.curves import Histogram, Line, Point, histogram, lines, points


def test_lines_carry_units_and_dash_control_arms() -> None:
    series = [Line((0, 1), (3.0, 2.0), "blue"), Line((0, 1), (3.0, 2.1), "orange", dashed=True)]
    picture = lines(series, "losses", "p", "tokens trained on", "bits per byte")
    assert "tokens trained on" in picture
    assert "bits per byte" in picture
    assert picture.count("stroke-dasharray: 7.2,3.6") == 1


def test_one_value_is_visible() -> None:
    assert "<use" in lines([Line((1,), (2.0,), "blue")], "one", "p", "round", "bits per byte")


def test_bars_on_the_cut_side_of_a_threshold_are_orange() -> None:
    def orange(**more: object) -> int:
        return histogram(Histogram((0.2, 0.3, 0.4, 0.1), 0.0, 4.0, **more), "h", "p").count("fill: var(--orange)")  # type: ignore[arg-type]

    assert orange() == 0
    assert orange(thresholds=((1.0, True),)) == 1
    assert orange(thresholds=((1.0, False),)) == 3


def test_whole_numbers_are_cut_before_their_own_bar() -> None:
    data = Histogram((0.25,) * 4, -0.5, 3.5, whole=True, thresholds=((2.0, True),))
    picture = histogram(data, "stop words", "p")
    assert picture.count("fill: var(--orange)") == 2
    assert ">0</text>" in picture
    assert ">3</text>" in picture


def test_logarithmic_edges_are_written_as_values() -> None:
    picture = histogram(Histogram((0.5, 0.5), 0.0, 99_999.0, log=True), "h", "p")
    assert ">100k</text>" in picture
    assert ">315</text>" in picture


def test_points_stand_in_their_colours() -> None:
    picture = points([Point(-1, 0.5, "orange"), Point(1, 2, "blue")], "policy", "p", "above the mean", "factor", level=1)
    assert "var(--orange)" in picture
    assert "var(--blue)" in picture
