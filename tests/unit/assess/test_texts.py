"""What is asked of texts has one answer: plainly, and over arrays."""

from __future__ import annotations

import zlib
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.assess.measure import measure_sets
from resonance.assess.texts import (
    MISREAD,
    compress_texts,
    escape,
    find_sound,
    find_whole,
    is_sound,
    is_whole,
    make_pattern,
    view_bytes,
)
from resonance.tables import SIGNAL_SETS

PIECES = st.sampled_from(
    [
        "The end",
        ".",
        "。",
        "```",
        "```",
        "(",
        ")",
        "（",
        "）",
        "[...]",
        "Read more",
        "\n",
        "\u3000",
        "\u00a0",
        "e\u0301",
        "é",
        "\ufffd",
    ]
    + ["\x07", "\x85", "\t", "\ue000", "\U000f0000", "列车", "!", "Å", "\u212b", "ﾊﾞ", "{", "}", "*"]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=20)


@given(st.lists(st.none() | TEXTS, max_size=8))
def test_arrays_answer_as_single_texts(texts):
    array = pa.array(texts, pa.string())
    assert find_whole(array).to_pylist() == [text is not None and is_whole(text) for text in texts]
    assert find_sound(array).to_pylist() == [text is not None and is_sound(text) for text in texts]


@pytest.mark.parametrize(
    "text", ["It ends.", "它结束了。", "Code:\n```\nx = 1\n```", "He said (twice) “so.”", "Full stop.  \n", "好！”"]
)
def test_whole_texts(text):
    assert is_whole(text)


@pytest.mark.parametrize(
    "text", ["", "  ", "It is cut and", "它被", "Code:\n```\nx = 1.", "An open (bracket.", "Read more.", "阅读全文。"]
)
def test_texts_that_were_cut(text):
    assert not is_whole(text)


def test_sound_characters():
    assert is_sound("Ça va — 好的\t\r\n")
    for text in ("e\u0301", "\ufffd", "bell\x07", "next\x85line", "\ue123", "\u212b"):
        assert not is_sound(text), repr(text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cn", "Cc"]), min_size=1, max_size=6).filter(str.strip))
def test_a_phrase_is_found_as_it_is(phrase):
    pattern = f"^{escape(phrase)}$"
    assert pc.match_substring_regex(pa.array([phrase, phrase + "x", ""]), pattern).to_pylist() == [True, False, False]


def test_phrases_are_whole_words_in_latin_letters_and_any_in_han():
    texts = pa.array(["Rail and rail.", "railway", "铁道岔路道岔", "C++ and c++", ""])
    assert pc.count_substring_regex(texts, make_pattern(["rail", "道岔", "C++", "道"])).to_pylist() == [2, 0, 2, 2, 0]


@given(st.lists(st.none() | TEXTS, max_size=8), st.integers(0, 3))
def test_bytes_are_those_of_any_part_of_an_array(texts, first):
    for kind in (pa.string(), pa.large_string()):
        part = pa.array(texts, kind).slice(min(first, len(texts)))
        data, bounds = view_bytes(part)
        held = [bytes(data[start:end]).decode() for start, end in pairwise(bounds)]
        assert held == [text or "" for text in texts[first:]]
        sizes = compress_texts(part)
        assert sizes == [len(zlib.compress(text.encode(), 1)) / len(text.encode()) if text else None for text in texts[first:]]


@given(
    st.lists(st.sampled_from([*"aß”éÂÃåæï€™½ ", "锟斤拷", "烫烫烫", "屯屯屯", "锛", "鈥", "斤拷", "\ufffd", "好"]), max_size=8).map(
        "".join
    )
)
def test_a_text_without_what_a_wrong_encoding_leaves_has_no_mojibake(text):
    (misread,) = pc.match_substring_regex(pa.array([text]), MISREAD).to_pylist()
    broken = SIGNAL_SETS["any_language"].plainly(text)[2]
    assert misread or not broken


def test_sets_are_measured_where_an_operator_looks_at_them():
    sets = ("any_language", "chinese", "datatrove")
    texts = ["plain words", "café", "cafÃ©", "信号灯在这里。", None, "Ｗ 信号灯在这里 and words and words and words"]
    found = measure_sets(pa.array(texts), sets)
    there = {name: found[name].field(0).is_valid().to_pylist() for name in sets}
    assert there == {
        "any_language": [False, False, True, True, False, False],
        "chinese": [False, False, False, True, False, True],
        "datatrove": [True, True, True, False, False, True],
    }
    for name in sets:
        alone = (SIGNAL_SETS[name].brief or SIGNAL_SETS[name].measure)(pa.array(texts)).to_pylist()
        assert [one for one, held in zip(found[name].to_pylist(), there[name], strict=True) if held] == [
            one for one, held in zip(alone, there[name], strict=True) if held
        ]
