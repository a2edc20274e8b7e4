"""Labelled sentences: what is read, what is held out, and what counts as right."""

from __future__ import annotations

import pytest

from resonance.annotate.labelled import (
    compare_words,
    find_places,
    read_labelled,
    read_lemmas,
    read_sentiments,
    share_right,
    split_words,
)
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


def test_labelled_texts_are_held_out_by_a_hash_and_bad_lines_named() -> None:
    lines = [f"{'positive' if number % 2 else 'negative'}\tText {number} is so." for number in range(200)]
    train, held_out = read_sentiments([*lines, "", lines[0]], "here", 3)
    assert len({*train, *held_out}) == 200
    assert not {*train} & {*held_out}
    assert {label for label, _ in held_out} == {"positive", "negative"}
    for wrong in ("good\tText.", "positive", "positive Text."):
        with pytest.raises(InputError, match="line 2 is no label"):
            read_sentiments([lines[0], wrong], "here", 3)
    with pytest.raises(InputError, match="1 texts are too few"):
        read_sentiments(lines[:1], "here", 3)


def test_forms_are_gathered_by_lemma() -> None:
    assert read_lemmas(["went\tgo", "goes\tgo", "", "mice\tmouse", "went\twend"], "here") == {
        "go": ["went", "goes"],
        "mouse": ["mice"],
    }
    for wrong in ("went go", "went", "went\tgo\tx"):
        with pytest.raises(InputError, match="line 1 is no form"):
            read_lemmas([wrong], "here")
    with pytest.raises(InputError, match="no form with a lemma"):
        read_lemmas([""], "here")


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
