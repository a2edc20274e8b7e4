"""What is asked of Chinese: the kernel equals its definition, which equals what is worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.chinese import chinese
from resonance.curate.kernels.chinese.chinese import WIDTH
from resonance.curate.kernels.chinese.chinese_tables import ENDS, MARKS, number_function_words, read_lists, tables
from resonance.curate.kernels.text.character_classes import TABLE
from resonance.curate.signals import CHINESE

SPAM = read_lists()["spam"]
PIECES = [
    "山路很窄的",
    "學而時習之",
    "ＡＢ加微信",
    "加Ｖ信",
    "關注公眾號",
    "word",
    "。",
    "！",
    "，",
    ".",
    "\n",
    " ",
    "|",
    "首页",
    "·",
    "𠀀",
    "3",
    "\u3000",
]
TEXTS = st.lists(st.sampled_from([*PIECES, *SPAM[::9]]), max_size=40).map("".join) | st.text(max_size=30)


def measure(text: str) -> dict[str, object]:
    return dict(zip(CHINESE.names, chinese.plainly(text), strict=True))


def test_values_worked_out_by_hand() -> None:
    said = measure("她是老师，他的书在ab。\n加微信领取！")
    assert said["n_han"] == 13
    assert said["han_ratio"] == 13 / 15
    assert (said["function_ratio"], said["function_words"]) == (5 / 13, 5)
    assert said["mark_ratio"] == 3 / 18
    assert (said["n_sentences"], said["mean_sentence_length"]) == (2, 8)
    assert (said["spam_marks"], said["spam_sentence_ratio"]) == (1, 1 / 2)
    assert said["menu_char_ratio"] == 0


@pytest.mark.parametrize(
    ("text", "share"),
    [("學習時間", 1.0), ("学习时间", 0.0), ("人山人海", None), ("學习", 0.5)],
)
def test_forms(text: str, share: float | None) -> None:
    assert measure(text)["traditional_ratio"] == share


def test_function_words_of_both_forms_are_the_same() -> None:
    assert number_function_words()[ord("們")] == number_function_words()[ord("们")]
    assert max(number_function_words().values()) < 64, "a bit for each"
    assert measure("他們和他们")["function_words"] == 3


def test_classical_particles() -> None:
    assert measure("学而时习之，不亦说乎")["classical_ratio"] == 2 / 9


@pytest.mark.parametrize("text", ["请加微信咨询", "請加微信諮詢", "ＱＱ群欢迎", "加V信"])
def test_spam_in_any_form_and_width(text: str) -> None:
    assert measure(text)["spam_marks"] == 1


def test_of_phrases_that_begin_alike_the_longest_counts_and_none_overlaps() -> None:
    assert measure("关注微信公众号")["spam_marks"] == 1
    assert measure("加微信号")["spam_marks"] == 1


def test_lines_of_menus() -> None:
    text = "首页\n新闻 | 体育 | 财经 | 娱乐 | 军事\n这是一句很长的话，讲的是河边的雾和船夫的桨。"
    assert measure(text)["menu_char_ratio"] == (2 + 14) / (2 + 14 + 22)


@settings(max_examples=150)
@given(st.lists(TEXTS | st.none(), max_size=6))
def test_the_kernel_equals_its_definition(texts: list[str | None]) -> None:
    clean = [text if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    expected = [[math.nan if value is None else value for value in chinese.plainly(text or "")] for text in clean]
    found = chinese.measure(pa.array(clean, pa.string()))
    assert np.allclose(found, np.reshape(expected, (-1, WIDTH)), rtol=1e-12, atol=0, equal_nan=True)


def test_every_character_has_its_place_in_the_tables() -> None:
    held = tables()
    assert max(held.folded) < len(held.heads) == len(held.words) == len(held.bits) == TABLE
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x30000))))
    assert np.allclose(chinese.measure(pa.array([text]))[0], np.array(chinese.plainly(text), float))


def test_phrases_hold_nothing_that_parts_sentences_and_are_written_as_they_are_sought() -> None:
    assert len(set(SPAM)) == len(SPAM) > 50
    assert set(ENDS) <= set(MARKS)
    for phrase in SPAM:
        assert not set(phrase) & set(MARKS + " \n")
        assert [tables().folded[ord(sign)] for sign in phrase] == [ord(sign) for sign in phrase], phrase
