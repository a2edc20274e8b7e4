"""Excerpts begin shortly before the first difference; what only one side has is marked, and nothing of a text becomes markup."""

from __future__ import annotations

import re

from resonance.report.differences import BEFORE, LONGEST, WORDS, mark_differences, split_words


def test_equal_texts_are_shown_from_their_start_without_marks() -> None:
    one, other = mark_differences("a text\nthat stays", "a text that  stays")
    assert one == other == "a text that stays"


def test_words_that_one_side_has_are_marked() -> None:
    one, other = mark_differences("the red fox runs home", "the green fox runs")
    assert one == "the <mark>red</mark> fox runs <mark>home</mark>"
    assert other == "the <mark>green</mark> fox runs"


def test_a_late_difference_is_shown_with_a_few_words_before_it() -> None:
    same = [f"w{number}" for number in range(500)]
    one, other = mark_differences(" ".join([*same, "old", *same]), " ".join([*same, "new", *same]))
    assert one.startswith(f"… w{500 - BEFORE} ")
    assert one.endswith(" …")
    assert "w499 <mark>old</mark> w0 " in one
    assert "w499 <mark>new</mark> w0 " in other
    assert len(re.findall("w[0-9]", one)) == WORDS - 1


def test_an_appended_piece_is_seen_where_the_shorter_text_ends() -> None:
    one, other = mark_differences("a b c", "a b c and more")
    assert (one, other) == ("a b c", "a b c <mark>and more</mark>")


def test_text_stays_text_and_overlong_words_are_cut() -> None:
    one, other = mark_differences(f"<script>x</script> {'y' * 5_000}", "other\u202e \x00")
    assert one == f"<mark>&lt;script&gt;x&lt;/script&gt; {'y' * 20}…{'y' * 19}</mark>"
    assert len("y" * 20 + "…" + "y" * 19) == LONGEST
    assert other == "<mark>other (empty)</mark>"


def test_characters_of_scripts_without_spaces_are_words() -> None:
    assert split_words("ab 漢字 かな cd") == ["ab", "漢", "字", "か", "な", "cd"]
    assert mark_differences("漢字表", "漢文表")[0] == "漢 <mark>字</mark> 表"


def test_nothing_is_nothing() -> None:
    assert mark_differences("", "") == ("", "")
    assert mark_differences("", "new") == ("", "<mark>new</mark>")
