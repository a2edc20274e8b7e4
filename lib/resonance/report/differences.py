"""Two texts around the place where they begin to differ, with the words marked that only one of them has."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import zip_longest

from markupsafe import Markup, escape

from resonance.report.wording import name

BEFORE, WORDS, LONGEST = 12, 60, 40
"""So many words in front of the first difference, so many in all, and so many characters of a word."""


def mark_differences(one: str, other: str) -> tuple[Markup, Markup]:
    """Excerpts of both texts as HTML, from shortly before their first difference on."""
    left, right = split_words(one), split_words(other)
    first = next((place for place, (a, b) in enumerate(zip_longest(left, right)) if a != b), 0)
    start = max(first - BEFORE, 0)
    mine, theirs = left[start : start + WORDS], right[start : start + WORDS]
    steps = SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes()
    sides = (
        [(mine[a:b], kind != "equal") for kind, a, b, _, _ in steps],
        [(theirs[a:b], kind != "equal") for kind, _, _, a, b in steps],
    )
    long = [start + WORDS < len(side) for side in (left, right)]
    return join_pieces(sides[0], start > 0, long[0]), join_pieces(sides[1], start > 0, long[1])


def split_words(text: str) -> list[str]:
    """The words of a text between white space; each Chinese, Japanese or Thai character is a word."""
    return re.findall(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+", text)


def join_pieces(pieces: list[tuple[list[str], bool]], late: bool, long: bool) -> Markup:
    """The pieces as one line of HTML, with marks; dots where the excerpt starts late or the text is longer."""
    shown = [(" ".join(name(word, LONGEST) for word in piece), mark) for piece, mark in pieces if piece]
    parts = [Markup("<mark>{}</mark>").format(text) if mark else escape(text) for text, mark in shown]
    return Markup(" ").join([escape("…")] * late + parts + [escape("…")] * long)
