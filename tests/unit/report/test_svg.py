from __future__ import annotations

import re

from matplotlib.figure import Figure

from resonance.report.svg import ROLES, colour, drawing, inline

HOSTILE = '</text><script>alert(1)</script><a href="javascript:x">$\\frac{1}$&amp;'


def picture(prefix: str = "one") -> str:
    with drawing():
        figure = Figure(figsize=(2, 1))
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.plot([0, 1], [0, 1], color=colour("blue"))
        axes.text(0.5, 0.5, HOSTILE, color=colour("ink"), fontsize=11)
        return str(inline(figure, '"quoted" <label>', prefix))


def test_text_stays_text() -> None:
    made = picture()
    assert "<script" not in made
    assert "<a " not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made
    assert "$\\frac{1}$" in made
    assert 'aria-label="&quot;quoted&quot; &lt;label&gt;"' in made


def test_nothing_is_fetched_or_dated() -> None:
    assert not re.search(r"https?:|xmlns|<metadata|<\?xml|<!DOCTYPE", picture())


def test_colours_follow_the_page() -> None:
    made = picture()
    assert "var(--blue)" in made
    assert "var(--ink)" in made
    assert not any(colour(role) in made for role in ROLES)
    assert re.search(r'<text style="font-size: 11(.0)?px; (text-anchor: \w+; )?fill: var\(--ink\)"', made)
    assert "font-family" not in made
    assert "<style" not in made


def test_equal_figures_are_equal_and_ids_do_not_meet() -> None:
    assert picture() == picture()
    one, two = (set(re.findall(r'id="([^"]+)"', picture(prefix))) for prefix in ("one", "two"))
    assert one
    assert not one & two
    assert {f"one-{rest}" for rest in re.findall(r"url\(#one-([^)]+)\)", picture("one"))} <= one
