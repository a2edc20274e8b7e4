"""How evenly a text uses its words: the kernel equals its definition, which equals what is worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from resonance.curate.kernels.text.words import words as find_words
from resonance.curate.kernels.words import words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("One, two; ONE two.", (4, 2, 0.693147)),
        ("no no no", (3, 1, 0.0)),
        ("好好学习", (4, 3, 1.039721)),  # ln 4 - ln 2 / 2
        ("人工 AI", (3, 3, 1.098612)),
        (" \n\u3000…", (0, 0, None)),
        ("", (0, 0, None)),
    ],
)
def test_values_worked_out_by_hand(text: str, values: tuple[float | None, ...]) -> None:
    assert words.plainly(text) == values


@given(st.lists(st.text(st.sampled_from("aab \n字字😀.é"), max_size=40) | st.text(max_size=20) | st.none(), max_size=8))
def test_the_kernel_equals_its_definition(texts: list[str | None]) -> None:
    clean = [text if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    expected = [[math.nan if value is None else value for value in words.plainly(text or "")] for text in clean]
    assert np.array_equal(words.measure(pa.array(clean, pa.string())), np.reshape(expected, (-1, 3)), equal_nan=True)


def test_a_long_text_has_room() -> None:
    text = " ".join(f"w{n % 5000}" for n in range(20_000))
    assert words.measure(pa.array(["x", text])).tolist() == [list(words.plainly("x")), list(words.plainly(text))]


@given(st.text(max_size=200))
def test_entropy_is_that_of_another_library(text: str) -> None:
    found = find_words(text)
    if found:
        assert words.plainly(text)[2] == pytest.approx(entropy(np.unique(found, return_counts=True)[1]), abs=1e-6)
