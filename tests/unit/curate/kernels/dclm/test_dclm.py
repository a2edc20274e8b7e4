"""DCLM's signals of RefinedWeb's rules: small texts worked out from its source by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from resonance.curate.kernels.dclm import dclm
from resonance.curate.kernels.dclm.dclm_lines import left_plainly
from resonance.curate.signals.dclm import DCLM


def signals(text: str) -> dict[str, float | None]:
    """What the definition says of a text, which the kernel must say too."""
    values = dict(zip(DCLM.names, dclm.plainly(text), strict=True))
    (row,) = dclm.measure(pa.array([text]))
    measured = [None if math.isnan(value) else value for value in row.tolist()]
    assert dict(zip(DCLM.names, measured, strict=True)) == values
    return values


def test_three_kinds_of_words() -> None:
    # fastText's that begin well: Don't | stop, | 3.5 | times (not "(OK)"). Between white space: five, of 5 5 3 5 4 characters.
    # uniseg's: Don't stop 3.5 times OK, so a text of them twice has pairs that repeat: "Don't stop" of 9 characters is not the
    # longest, "stop 3.5", "3.5 times" (8) are shorter, and "times OK" (7) too.
    found = signals("Don't stop, 3.5 times (OK) Don't stop, 3.5 times (OK)")
    assert found["n_words"] == 8
    assert found["mean_word_length"] == 22 / 5
    assert found["top_2_gram"] == 9 * 2 / (2 * 19)
    assert found["alpha_word_ratio"] == 8 / 10


def test_nul_parts_words_for_fasttext_alone() -> None:
    found = signals("a\0b c\u00a0d")
    assert (found["n_words"], found["mean_word_length"]) == (3, 5 / 3)


@pytest.mark.parametrize("text", ["", " \n\u3000"])
def test_nothing_to_divide_by_is_null_and_no_n_gram_is_zero(text: str) -> None:
    found = signals(text)
    grams = {name for name in DCLM.names if "gram" in name}
    assert {name for name, value in found.items() if value is None} == set(DCLM.names) - grams - {"n_words", "stop_words"}
    assert not any(found[name] for name in (*grams, "n_words", "stop_words"))


def test_a_null_is_null() -> None:
    assert np.isnan(dclm.measure(pa.array([None], pa.string()))).all()
    assert dclm.measure(pa.array([], pa.string())).shape == (0, len(DCLM.names))


def test_symbols_of_one_kind_do_not_overlap() -> None:
    # "......." holds two "..."; ". . . . . ." two ". . ."; one "#", one "…"; nine words.
    assert signals("....... . . . . . . # …")["symbol_word_ratio"] == 6 / 9


def test_lines_are_stripped_and_not_empty() -> None:
    found = signals("  ● a\n\n• b\n * c\n\t- d\n– e …\n \nf . . . \ng...\nh.. .")
    assert found["bullet_line_ratio"] == 4 / 8
    assert found["end_ellipsis_line_ratio"] == 3 / 8


def test_stop_words_count_each_time_in_any_case() -> None:
    assert signals("The THE the, and of. Of")["stop_words"] == 4


def test_all_copies_of_lines_and_paragraphs_count() -> None:
    # Lines aa, b, aa, b, c (7 characters, six of them twice); paragraphs "aa\nb" twice and "c": 4 + 4 of 9 characters.
    found = signals("aa\nb\n\n aa\nb\n\n\nc")
    assert (found["dup_line_frac"], found["dup_line_char_frac"]) == (4 / 5, 6 / 7)
    assert (found["dup_para_frac"], found["dup_para_char_frac"]) == (2 / 3, 8 / 9)


def test_of_the_commonest_pairs_the_longest_counts() -> None:
    # (a, b) comes first and (c, dd) is longer, both twice: 3 × 2 of 10 characters.
    assert signals("a b a b c dd c dd")["top_2_gram"] == 6 / 10
    assert signals("a b c dd")["top_2_gram"] == 0


def test_words_within_repeated_n_grams_count_once() -> None:
    # a b c d e f twice and g between: the 5-grams abcde and bcdef repeat, and cover 12 of 13 words.
    found = signals("a b c d e f g a b c d e f")
    assert (found["duplicated_5_n_grams"], found["duplicated_6_n_grams"], found["duplicated_7_n_grams"]) == (12 / 13, 12 / 13, 0)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("ABC def", "ABC def"),  # three capitals of seven characters
        ("ABCD def", "ABCD def"),  # four of eight: the limit passes
        ("ABCDE def", ""),
        ("12345", ""),
        ("12 345 6", "12 345 6"),
        ("3 likes", ""),
        ("(1,234.5K Shares!)", ""),
        ("3\u212a li\u212aes", ""),
        ("3kk likes", "3kk likes"),
        ("3likes now", "3likes now"),
        ("3 likes more", "3 likes more"),
        ("word", ""),
        ("two words", "two words"),
        ("2 Items in cart now", "2 now"),
        ("\u0131tem\u017f \u0130n cart items in cart", ""),
        ("one two three four five six seven eight items in cart", "one two three four five six seven eight items in cart"),
        ("all of it Read more...", "all of it"),
        ("all of it Read more »»", "all of it"),  # the dots stand for any three characters
        ("all of it Read more »»»", "all of it Read more »»»"),
        ("all of it read more..", "all of it read more.."),
        ("Sign-In to read", "to read"),
        ("to sign-in", "to sign-in"),
    ],
)
def test_line_rules(line: str, left: str) -> None:
    around = "a line before it\n{}\nand one after"
    text = around.format(line)
    assert left_plainly(text) == "\n".join(part for part in around.format(left).split("\n") if part)
    words, kept = (sum(word[0].isalnum() for word in piece.split()) for piece in (text.replace("\u0131", "i"), left_plainly(text)))
    assert signals(text)["removed_word_ratio"] == (words - kept) / words


def test_stripping_the_text_makes_a_last_line_all_digits() -> None:
    # "12 " is two digits of three characters, but the rule before strips the text.
    assert signals("some more words here\n12 ")["removed_word_ratio"] == 1 / 5
    assert signals("some more words here\n12 \nthe end")["removed_word_ratio"] == 1 / 7


def test_a_text_of_which_nothing_is_left_lost_all_its_words() -> None:
    assert signals("WORDS\nIN CAPITALS\n\n12")["removed_word_ratio"] == 1
