"""How evenly a text uses its characters: the kernel equals its definition, which equals what is worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from resonance.curate.kernels.characters import characters


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("aabb", (2, 1.0, 0.5, 2, 0.0)),
        ("====  ===", (1, 0.0, 1.0, 4, 0.0)),
        ("好好学习，天天向上", (7, 2.725481, 2 / 9, 2, 5 / 7)),
        (" \n\u3000", (0, None, None, 0, None)),
        ("", (0, None, None, 0, None)),
    ],
)
def test_values_worked_out_by_hand(text: str, values: tuple[float | None, ...]) -> None:
    assert characters.plainly(text) == values


@given(st.lists(st.text(st.sampled_from("aab \n字字😀=\u2028é"), max_size=40) | st.text(max_size=20) | st.none(), max_size=8))
def test_the_kernel_equals_its_definition(texts: list[str | None]) -> None:
    clean = [text if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    expected = [[math.nan if value is None else value for value in characters.plainly(text or "")] for text in clean]
    assert np.array_equal(characters.measure(pa.array(clean, pa.string())), np.reshape(expected, (-1, 5)), equal_nan=True)


@given(st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=200))
def test_entropy_is_that_of_another_library(text: str) -> None:
    signs = [sign for sign in text if not sign.isspace()]
    counts = np.unique(signs, return_counts=True)[1] if signs else []
    if len(counts):
        assert characters.plainly(text)[1] == pytest.approx(entropy(counts, base=2), abs=1e-6)
