"""Texts as they are shown: tags, entities and escapes of each form, and none where there is none."""

from __future__ import annotations

import json
from html import escape

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.text.shown import INLINE, show, show_plainly

SIGNS = ["\\", "n", "t", "u", "4e2d", "ud83d", "x", "e9", "%", "20", "C3", "&", "NBSP", ";", "#"]
MARKS = ["<", ">", "/", "br", "b", "!", "\u200b", "\ufeff"]
PIECES = st.sampled_from([*SIGNS, *MARKS, "word", " ", "é", "AT&T", "\\u4e2d", "<br>", "&Nbsp", "a < b"])


@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=9), st.lists(PIECES, max_size=9).map("".join)), max_size=4))
def test_arrays_say_what_the_definition_says(texts: list[str | None]) -> None:
    expected = {place: show_plainly(text) for place, text in enumerate(texts) if text is not None and show_plainly(text) != text}
    for kind in (pa.string(), pa.large_string()):
        places, shown = show(pa.array(texts, kind))
        assert dict(zip(places.tolist(), shown.to_pylist(), strict=True)) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a<br>b<BR/>c<br />d</p><p class='x'>e", "a b c d  e"),
        ("<b>w</b>ord <wbr>x<!-- note -->y<?pi?>z", "word x y z"),
        ("a&NBSP;b&Nbspc&EACUTE;d &AMP; e&#X20;f", "a\u00a0b\u00a0cé" + "d & e f"),
        (r"a\nb\tc\r\nd\\ne", "a b c  d e"),
        (r"\u4e2d\u6587 \x41\u{1F600}\U00020000 \ud840\udc00", "中文 A😀𠀀 𠀀"),
        ("a%20b%E4%B8%AD", "a b中"),
        (r"a\u003cbr\u003eb\u0026nbsp;c", "a b\u00a0c"),
        ("\ufeffa\u200bb\u2060\ufeffc \u200bd", "\ufeffa b c \u200bd"),
        (r"\ud840 alone, \U00110000", "\ufffd alone, \\U00110000"),
        ("a < b and b > c, R&D, 5 % off, a\\b, &unknown;", "a < b and b > c, R&D, 5 % off, a\\b, &unknown;"),
    ],
)
def test_signs_of_every_form(text: str, shown: str) -> None:
    assert show_plainly(text) == shown
    assert show(pa.array([text]))[1].to_pylist() == ([] if text == shown else [shown])


@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="<>&\\%\u200b"), max_size=40))
def test_what_json_and_html_make_of_a_text_is_shown_as_the_text(text: str) -> None:
    assert show_plainly(text) == text
    assert show_plainly(escape(escape(text))) == text
    named = "".join(" " if sign in "\n\r\t\f\v" else sign for sign in text)
    assert show_plainly(json.dumps(named)[1:-1]).replace("\\", "") == named.replace("\b", "b")


def test_tags_that_part_no_words_are_known_in_any_case() -> None:
    for name in INLINE:
        assert show_plainly(f"w<{name.upper()} a='b'>ord</{name}>") == "word"


@pytest.mark.parametrize("piece", ["<a", "<", "\\", "&", "&a", "<!--", "%4", "\\u", "<a" * 3 + " "])
def test_texts_that_open_what_they_never_close_take_no_longer_than_others(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    assert len(show_plainly(text)) <= len(text)
