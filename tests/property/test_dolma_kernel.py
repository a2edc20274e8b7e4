"""The kernel of the profile ``dolma`` says what its definition says, of any text in any Arrow array."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.dolma.dolma import measure, plainly
from resonance.curate.signals.dolma import DOLMA

SIGNS = ["#", "…", "...", "*", "-", ".", '"', "{", " ", " ", " ", "\n", "\n", "\n\n", "\r\n", "\t", "\0", "\x01", "\x1c", "\x85"]
ODD = ["\u00a0", "\u2028", "\u3000", "\u200b", "\u200d", "\u0301", "\u0130", "\u212a", "漢", "\U0001f600", "\U0001f595"]
WORDS = ["a", "bb", "the", "of", "A", "ä", "sex", "javascript", "JavaScript", "lorem ipsum", "Lorem", " ipsum", "2 girls 1 cup"]
PIECES = st.sampled_from([*SIGNS, *ODD, *WORDS])
TEXTS = st.one_of(st.none(), st.text(max_size=60), st.lists(PIECES, max_size=60).map("".join))


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=5))
def test_the_kernel_says_what_the_definition_says(texts: list[str | None]) -> None:
    nothing = [np.nan] * len(DOLMA.names)
    expected = np.array([nothing if text is None else plainly(text) for text in texts], np.float64).reshape(-1, len(DOLMA.names))
    for array in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string()), pa.array(["left out", *texts, "too"])[1:-1]):
        np.testing.assert_array_equal(measure(array), expected)


def test_texts_longer_than_the_first_room() -> None:
    text = "\n".join(f"{i % 977} word{i % 1_501}" for i in range(5_000))
    texts = ["a", text, "b\n" * 3_000]
    np.testing.assert_array_equal(measure(pa.array(texts)), [plainly(text) for text in texts])


def test_one_long_word() -> None:
    np.testing.assert_array_equal(measure(pa.array(["é" * 1_000_000])), [plainly("é" * 1_000_000)])
