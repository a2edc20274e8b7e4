"""Labelled sentences: what is read, what is held out, and what counts as right."""

from __future__ import annotations

import pytest

from resonance.annotate.labelled import compare_words, find_places, read_labelled, share_right, split_words
from resonance.core.errors import InputError

LINES = [f"line/n {number}/m a/b/w" for number in range(200)]


def test_equal_lines_are_on_one_side_and_a_fifth_is_held_out() -> None:
    once, twice = (read_labelled(LINES * times, "here", "/", 7) for times in (1, 2))
    assert len(once.train) + len(once.held_out) == 200
    assert 25 < len(once.held_out) < 55
    assert set(twice.held_out) == set(once.held_out)
    assert not set(once.train) & set(once.held_out)
    assert read_labelled(LINES, "here", "/", 8).held_out != once.held_out
    assert once.train[0][2] == ("a/b", "w"), "the last sign stands before the tag"


@pytest.mark.parametrize(
    ("lines", "said"), [(["a/n b"], "line 1: 'b' is no word with a tag"), (["a/n"], "1 sentences are too few")]
)
def test_what_is_no_labelled_sentence_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_labelled(lines, "here", "/", 0)


def test_characters_are_tagged_by_their_place_in_a_word() -> None:
    sentence = (("我", "r"), ("喜欢", "v"), ("自行车", "n"))
    assert split_words(sentence) == [*zip("我喜欢自行车", ["LR", "LL", "RR", "LL", "MM", "RR"], strict=True)]


def test_words_are_right_where_both_of_their_ends_are() -> None:
    assert find_places(["ab", "c"]) == {(0, 2), (2, 3)}
    measures = compare_words([["ab", "c", "de"]], [["ab", "cd", "e"]])
    assert measures == {"precision": 1 / 3, "recall": 1 / 3, "f1": 1 / 3}
    assert compare_words([["a"]], [[]])["f1"] == 0


def test_tags_of_a_sentence_that_was_split_otherwise_are_wrong() -> None:
    assert share_right([["n", "v"], ["n"]], [["n", "n"], ["n", "n"]]) == 1 / 3
