"""Markdown in which text from data stays text."""

from __future__ import annotations

from resonance.report.markdown import escape_signs, write_markdown
from resonance.report.parts import Block, Grid


def test_no_sign_of_data_is_read_as_markdown_or_html() -> None:
    assert escape_signs("![x](http://a) <b>|*_") == "\\!\\[x\\](http:\\//a) \\<b\\>\\|\\*\\_"
    assert escape_signs("two\nlines") == "two lines"
    assert escape_signs("run `resonance run --set a.b_c=[x]` now_") == "run `resonance run --set a.b_c=[x]` now\\_"


def test_blocks_become_headings_paragraphs_and_tables() -> None:
    grid = Grid("Rows", ("name", "rows"), (("a|b", "1"), ("`x|y`", "2")), frozenset({"rows"}), note="A note.")
    text = write_markdown("Title", ("Lead.",), {"In short": ("One.", "Two.")}, [Block("Part", ("Words.",), grids=(grid,))])
    assert text.split("\n\n") == [
        "# Title",
        "Lead.",
        "## In short",
        "- One.\n- Two.",
        "## Part",
        "Words.",
        "### Rows",
        "A note.",
        "| name | rows |\n| --- | ---: |\n| a\\|b | 1 |\n| `x\\|y` | 2 |\n",
    ]
