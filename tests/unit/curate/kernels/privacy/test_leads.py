"""What patterns of words find begins where it is marked; in prose few places are."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.privacy.leads import CLUES, RUN, UNLED_GROUPS, lay_clues, mark_leads
from resonance.curate.kernels.privacy.patterns import GROUPS, UNLED_KEYS, WORDS, Pattern

CLUE = "|".join("".join(f"[{re.escape(signs)}]" for signs in clue) for clue in CLUES)
PROSE = "The river runs to the sea, and what it carries (0.5 % of it: mud) lies there for years; see chapter 12, page 7.\n"


def mark(text: str) -> list[int]:
    data = np.frombuffer(text.encode(), np.uint8)
    marks = np.full(len(data) + 1, 7, np.uint8)
    mark_leads(data, 0, len(data), marks)
    assert marks[-1] == 7, "no sign beyond the text is marked"
    return marks[:-1].tolist()


def mark_plainly(text: str) -> list[int]:
    """Places of ASCII from which on signs of names, or none, lead to a clue, or that stand in one."""
    leads = re.compile(f"[{re.escape(RUN)}]*?(?:{CLUE}|[^\\x00-\\x7f])", re.I | re.A)
    return [int(leads.match(text, place) is not None) for place in range(len(text))]


def test_keys_that_begin_like_words_and_words_are_the_last_groups_that_are_asked() -> None:
    assert GROUPS[-UNLED_GROUPS:] == (UNLED_KEYS, WORDS)
    fits, firsts, lasts = lay_clues()
    assert firsts.bit_count() == lasts.bit_count() == len(CLUES) + 1
    assert fits.max() < 2**63


@pytest.mark.parametrize("pattern", [*UNLED_KEYS, *WORDS], ids=lambda pattern: pattern.name)
@given(st.data())
def test_whatever_a_pattern_finds_begins_where_it_is_marked(pattern: Pattern, data: st.DataObject) -> None:
    written = re.compile(pattern.lead, re.I | re.A) if pattern.lead else re.compile(pattern.expression, re.A)
    text = data.draw(st.from_regex(written, fullmatch=True))
    before = data.draw(st.sampled_from(["", " ", "a.", "(", "x@y ", "token", "é"]))
    assert mark(before + text + " and so on")[len(before.encode())] == 1, text


@given(st.lists(st.sampled_from(["pass", "word", "key", "_", "-", "@", ":", "//", " ", "to", "ken", "ph", "on", "Tel", ".", "a1"])))
def test_no_place_is_left_out_that_leads_to_a_clue(pieces: list[str]) -> None:
    text = "".join(pieces)
    found, meant = mark(text), mark_plainly(text)
    assert all(one >= other for one, other in zip(found, meant, strict=True)), text


def test_prose_is_not_marked() -> None:
    assert sum(mark(PROSE)) == 0
    assert sum(mark(PROSE + "mail me@acme.com")) == len("mail me@")
