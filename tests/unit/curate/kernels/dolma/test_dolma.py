"""Dolma's signals: small texts worked out from its taggers by hand, and each quirk that sets them apart from others'."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from resonance.curate.kernels.dolma import dolma, dolma_c4
from resonance.curate.signals.dolma import DOLMA


def signals(text: str) -> dict[str, float]:
    """What the definition says of a text, which the kernel must say too."""
    values = dict(zip(DOLMA.names, map(float, dolma.plainly(text)), strict=True))
    (measured,) = dolma.measure(pa.array([text]))
    assert dict(zip(DOLMA.names, measured.tolist(), strict=True)) == values
    return values


def test_a_sentence() -> None:
    # Dolma's own test has this text: 12 characters in 4 words, the first pair holds 6 of them, the first three words 7.
    found = signals("This is a test.")
    assert (found["n_words"], found["median_word_length"]) == (4, 3)
    assert (found["top_2_gram"], found["top_3_gram"], found["top_4_gram"]) == (6 / 12, 7 / 12, 1)
    assert (found["alpha_word_ratio"], found["symbol_word_ratio"], found["stop_words"]) == (1, 0, 0)


def test_an_empty_text_is_zero_words_and_one_empty_line() -> None:
    found = signals("")
    assert {name for name, value in found.items() if value} == {"n_lines", "c4_unended_line_ratio", "c4_few_words_line_ratio"}


def test_a_null_is_null() -> None:
    assert np.isnan(dolma.measure(pa.array([None], pa.string()))).all()
    assert dolma.measure(pa.array([], pa.string())).shape == (0, len(DOLMA.names))


@pytest.mark.parametrize(("text", "median"), [("a bbb", 2), ("a bb cccc", 2), ("a " + "b" * 300 + " " + "c" * 302, 300), ("  ", 0)])
def test_the_median_of_word_lengths(text: str, median: float) -> None:
    assert signals(text)["median_word_length"] == median


def test_a_symbol_counts_once_a_word_and_dots_are_none() -> None:
    assert signals("#a#b c… d... ### e")["symbol_word_ratio"] == 3 / 5


def test_stop_words_count_each_time_and_in_their_case() -> None:
    assert signals("the The the, and of of")["stop_words"] == 4


def test_the_commonest_pair_is_the_one_seen_first() -> None:
    # (b, cc) and (cc, dddd) occur twice like (a, b), which comes first: 2 × 2 of 2·1 + 2·1 + 2·2 + 2·4 = 16 characters.
    assert signals("a b cc dddd a b cc dddd")["top_2_gram"] == 2 * 2 / 16


def test_all_copies_of_an_n_gram_count_and_overlap() -> None:
    # Five 5-grams that differ: aaaab, aaaba, aabaa, abaaa, baaaa.
    assert signals("a a a a b a a a a")["duplicated_5_n_grams"] == 0
    # One word more repeats aaaab: two copies of six 5-grams, all of five characters.
    assert signals("a a a a b a a a a b")["duplicated_5_n_grams"] == 2 / 6


def test_lines_are_not_stripped_and_empty_ones_count_for_v1_alone() -> None:
    # v2 sees "- a", " - a", "- a", "b…" and "": bullets stand at the very start.
    found = signals("- a\n\n - a\n- a\n\nb…\n")
    assert (found["bullet_line_ratio"], found["bullet_line_ratio_v1"]) == (2 / 5, 2 / 7)
    assert (found["end_ellipsis_line_ratio"], found["end_ellipsis_line_ratio_v1"]) == (1 / 5, 1 / 7)
    # v1 has three empty lines that are copies of each other; the characters are those of both "- a", over 8 in words.
    assert (found["dup_line_frac"], found["dup_line_frac_v1"]) == (2 / 5, 5 / 7)
    assert found["dup_line_char_frac"] == 6 / 8


def test_line_feeds_at_both_ends_are_two_equal_empty_lines() -> None:
    assert signals("\n\na\n")["dup_line_frac"] == 2 / 3
    assert signals("\n")["dup_line_frac"] == 1
    assert signals("a\n")["dup_line_frac"] == 0


def test_end_marks_and_words_of_c4_lines() -> None:
    found = signals('One two three.\n"One two" \none two three\'\n\n')
    assert found["n_lines"] == 5
    assert (found["c4_unended_line_ratio"], found["c4_few_words_line_ratio"]) == (3 / 5, 3 / 5)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a { b", {"c4_curly_bracket"}),
        ("Lorem Ipsum", {"c4_lorem_ipsum"}),
        ("xlorem ipsumx", {"c4_lorem_ipsum"}),
        ("lorem\tipsum lorem  ipsum lorem\nipsum", set()),
        ("\u0130psum lorem \u0130psum", set()),
        ("JavaScript.", {"c4_javascript"}),
        ("use javascript now", {"c4_javascript", "c4_javascript_v1"}),
        ("java script", set()),
        ("2 Girls 1 Cup", {"c4_naughty_word"}),
        ("12 girls 1 cups", {"c4_naughty_word"}),
        ("2  girls 1 cup", set()),
        ("SEX", {"c4_naughty_word"}),
        ("essex sexes", set()),
        ("\U0001f595", {"c4_naughty_word"}),
        ("\x01", set()),
    ],
)
def test_claims_of_c4(text: str, columns: set[str]) -> None:
    found = signals(text)
    claims = {name for name in found if name.startswith("c4_") and not name.endswith("_ratio") and found[name]}
    assert claims == columns


def test_only_two_characters_beyond_ascii_have_ascii_letters_in_their_lower_case() -> None:
    assert [code for code in range(0x80, 0x110000) if any(sign.isascii() for sign in chr(code).lower())] == [0x130, 0x212A]


def test_words_and_phrases_fit_the_reduced_alphabet() -> None:
    words, phrases = dolma_c4.naughty()
    assert len(words) == 279
    assert len(phrases) == 124
    assert all(entry == entry.lower() and "  " not in entry and entry == entry.strip() for entry in (*words, *phrases))
    assert 0xFF not in dolma_c4.tables().letters
