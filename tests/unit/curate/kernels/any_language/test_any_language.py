"""What is asked of any language: the kernel equals its definition, which equals what is worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.any_language import any_language
from resonance.curate.kernels.any_language.any_language import REPEATED_GRAMS, TOP_GRAMS, WIDTH
from resonance.curate.signals import ANY_LANGUAGE

PIECES = [
    "好好学习",
    "天天向上。",
    "ab",
    "\n",
    " ",
    "- ",
    "• ",
    "...",
    "…",
    "锟斤拷",
    "\ufffd",
    "é",
    "ã€‚",
    "😀",
    "ก็",
    "x" * 40,
    "\u3000",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=30)


def measure(text: str) -> dict[str, object]:
    return dict(zip(ANY_LANGUAGE.names, any_language.plainly(text), strict=True))


def test_values_worked_out_by_hand() -> None:
    said = measure("• 天气很好。\n\n 天气很好… \n天气很好…")
    assert said["n_letters"] == 12
    assert said["letter_ratio"] == 12 / 16
    assert said["mojibake_ratio"] == 0
    assert (said["n_lines"], said["mean_line_length"]) == (3, 17 / 3)
    assert said["ended_line_ratio"] == 1
    assert (said["bullet_line_ratio"], said["end_ellipsis_line_ratio"]) == (1 / 3, 2 / 3)
    assert (said["dup_line_frac"], said["dup_line_char_frac"]) == (1 / 3, 5 / 17)
    assert said["top_3_chars"] == 9 / 16
    assert said["repeated_8_chars"] == 0


def test_a_text_that_is_said_twice_repeats_itself() -> None:
    said = measure("春眠不觉晓处处闻啼鸟夜来风雨声花落知多少" * 2)
    assert [said[f"repeated_{n}_chars"] for n in REPEATED_GRAMS] == [16 / 40, 16 / 40, 0, 0]


@pytest.mark.parametrize("text", ["", " \n\u3000", "\t"])
def test_nothing_is_said_of_white_space(text: str) -> None:
    assert any_language.plainly(text) == (0, *[None] * (WIDTH - 1))


@settings(max_examples=150)
@given(st.lists(TEXTS | st.none(), max_size=6))
def test_the_kernel_equals_its_definition(texts: list[str | None]) -> None:
    clean = [text if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    expected = [[math.nan if value is None else value for value in any_language.plainly(text or "")] for text in clean]
    found = any_language.measure(pa.array(clean, pa.string()))
    assert np.allclose(found, np.reshape(expected, (-1, WIDTH)), rtol=1e-12, atol=0, equal_nan=True)


def test_a_text_larger_than_the_room_is_measured_as_any() -> None:
    texts = ["短。", "".join(chr(0x4E00 + n * n % 8_000) for n in range(9_000)), "\n".join(map(str, range(10_000)))]
    expected = [list(any_language.plainly(text)) for text in texts]
    assert np.allclose(any_language.measure(pa.array(texts)), np.array(expected, float), rtol=1e-12)


@given(st.text("ab字", max_size=60), st.integers(1, 9))
def test_what_repeats_is_at_most_everything_and_nothing_without_copies(text: str, n: int) -> None:
    repeated = any_language.count_repeats(text, n)
    assert 0 <= repeated <= max(len(text) - 1, 0)  # the first sequence is stepped over by one character
    assert repeated % n == 0
    grams = {text[i : i + n] for i in range(len(text) - n + 1)}
    assert (repeated > 0) == (len(grams) < max(len(text) - n + 1, 0))


def test_the_commonest_sequences_are_counted_with_all_copies() -> None:
    assert [any_language.count_top("abcabcabcx", n) for n in TOP_GRAMS] == [9, 0]
