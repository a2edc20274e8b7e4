"""The set ``datatrove``: values worked out by hand, by the definition and by the kernel."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.datatrove import datatrove
from resonance.curate.signals import DATATROVE

WORDS = "the cat sat on the mat. the cat sat on the mat."  # 14 tokens: 2 x 6 words and 2 full stops
LINES = "# Title\n\n- one ...\n- two…\n\nThe end is near, my friend.\n\n- one ...\n\n- one ..."


def both(text: str) -> dict[str, float | str | None]:
    """The signals of a text, once the definition and the kernel have said the same; what is measured in brief is no other."""
    kernel = DATATROVE.measure(pa.array([text])).to_pylist()[0]
    assert brief(text) == {name: None if name in DATATROVE.names[-8:] else value for name, value in kernel.items()}
    plain = dict(zip(DATATROVE.names, datatrove.plainly(text), strict=True))
    assert kernel == {name: value if value is None else pytest.approx(value, abs=1e-12) for name, value in plain.items()}
    return kernel


def brief(text: str) -> dict[str, float | str | None]:
    assert DATATROVE.brief is not None
    return DATATROVE.brief(pa.array([text])).to_pylist()[0]


@given(
    st.lists(
        st.sampled_from(
            [
                "-",
                "•",
                "...",
                "…",
                " ",
                "\t",
                "\n",
                "\r",
                "\r\n",
                "\v",
                "\x1c",
                "\x85",
                "\u2028",
                "\u2029",
                "\xa0",
                "\u3000",
                "word",
                "é",
                "字",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_lines_are_the_same_in_brief(text: str) -> None:
    both(text)


def test_words_and_their_lengths() -> None:
    signals = both(WORDS)
    assert signals["n_tokens"] == 14
    assert signals["n_words"] == 12
    assert signals["mean_word_length"] == pytest.approx((3 * 4 * 2 + 3 * 1 * 2 + 2 * 2) / 12)
    assert signals["alpha_word_ratio"] == pytest.approx(12 / 14)
    assert signals["stop_words"] == 1


def test_marks_and_lines() -> None:
    signals = both(LINES)
    assert signals["hash_ratio"] == pytest.approx(1 / signals["n_tokens"])
    assert signals["ellipsis_ratio"] == pytest.approx(4 / signals["n_tokens"])
    assert signals["bullet_line_ratio"] == pytest.approx(4 / 10)
    assert signals["end_ellipsis_line_ratio"] == pytest.approx(4 / 10)


def test_repeated_lines_and_paragraphs() -> None:
    signals = both(LINES)
    assert signals["dup_line_frac"] == pytest.approx(2 / 6)
    assert signals["dup_line_char_frac"] == pytest.approx(18 / len(LINES))
    assert signals["dup_para_frac"] == pytest.approx(1 / 5)  # "- one ...\n- two…" is another paragraph
    assert signals["dup_para_char_frac"] == pytest.approx(9 / len(LINES))


def test_commonest_n_gram_is_the_first_of_equals_and_counts_even_once() -> None:
    signals = both(WORDS)
    assert signals["top_2_gram"] == pytest.approx(2 * len("the cat") / len(WORDS))
    assert signals["top_3_gram"] == pytest.approx(2 * len("the cat sat") / len(WORDS))
    assert both("just two")["top_2_gram"] == 1.0
    assert both("one")["top_2_gram"] == 0.0


def test_repeated_n_grams_do_not_overlap() -> None:
    assert both(WORDS)["duplicated_5_n_grams"] == pytest.approx(len("thecatsatonthe") / len(WORDS))
    assert both(WORDS)["duplicated_8_n_grams"] == 0.0
    assert both("a a a a a a a a a a a a")["duplicated_5_n_grams"] == pytest.approx(10 / 23)


def test_n_grams_are_compared_as_written_together() -> None:
    assert both("ab c d e f - a bc d e f")["duplicated_5_n_grams"] == pytest.approx(6 / 23)


def test_c4_keeps_lines_and_counts_their_sentences() -> None:
    text = "One two three. Four five.\ntwo words\nJavaScript is needed here.\nWe use cooKies a lot.\nRead this [1] [edit] now."
    signals = both(text)
    assert signals["c4_lines"] == 2
    assert signals["c4_sentences"] == 3
    assert [line.fate for line in datatrove.c4_lines(text)] == ["kept", "too_few_words", "javascript", "policy", "kept"]


def test_what_fells_a_document_is_counted_on_lines_that_stay() -> None:
    signals = both("Lorem ipsum dolor sit.\n{ too\na { b { c }\njavascript { is on")
    assert (signals["c4_lorem_ipsum"], signals["c4_curly_bracket"], signals["c4_lines"]) == (1, 1, 2)


def test_a_word_of_more_than_a_thousand_characters_takes_its_line() -> None:
    assert both(f"{'x' * 1000} of them")["c4_lines"] == 1
    assert both(f"{'ü' * 1001} of them")["c4_lines"] == 0


def test_fineweb_reads_what_c4_leaves() -> None:
    line = "This line is certainly long enough to stay."
    signals = both(f"{line}\ngone\n{line}\nshort but three\n")
    assert signals["line_punct_ratio"] == pytest.approx(2 / 3)
    assert signals["short_line_ratio"] == pytest.approx(1 / 3)
    assert signals["char_dup_ratio"] == pytest.approx(len(line) / (2 * len(line) + 15))
    assert signals["list_ratio"] == pytest.approx(2 / (9 + 9 + 3))


def test_lines_of_citations_alone_are_no_lines_to_fineweb() -> None:
    signals = both("[1] [2] [3]\nHere are three words.\n[4] [5] [6]")
    assert signals["c4_lines"] == 3
    assert (signals["short_line_ratio"], signals["list_ratio"]) == (1.0, 0.0)


def test_what_has_no_denominator_is_null() -> None:
    empty = both("")
    assert {name for name, value in empty.items() if value is None} == set(DATATROVE.names) - {
        "n_tokens",
        "n_words",
        "stop_words",
        "c4_lorem_ipsum",
        "c4_curly_bracket",
        "c4_lines",
        "c4_sentences",
    }
    assert both("two words")["line_punct_ratio"] is None
    assert both("...")["mean_word_length"] is None
