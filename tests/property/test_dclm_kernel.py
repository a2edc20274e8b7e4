"""The kernel of the profile ``dclm`` says what its definition says, of any text in any Arrow array."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.dclm.dclm import measure, plainly
from resonance.curate.kernels.text.word_break import table
from resonance.curate.signals.dclm import DCLM

SIGNS = ["#", "...", ". . .", ". .", "…", "●", "•", "*", "-", "!", "_", "'", '"']
SPACES = [" ", " ", " ", "\n", "\n", "\n\n", "\r\n", "\t", "\0", "\x1c", "\x85", "\u00a0", "\u2028", "\u3000"]
ODD = ["\u200b", "\u200d", "\u0301", "\u212a", "\uff9e", "🇩", "👩", "\U000e0001", "²"]
WORDS = ["a", "bb", "The", "of", "ABC", "12", "3 likes", "1,5k Views", "ä", "½", "漢", "カ", "א"]
PHRASES = ["items in cart", "\u0131tem\u017f \u0130n cart", "Read more...", "read more", "Sign-in"]
PIECES = st.sampled_from([*SIGNS, *SPACES, *ODD, *WORDS, *PHRASES])
KINDS = st.sampled_from(sorted({int(mark): chr(code) for code, mark in enumerate(table()) if not 0xD800 <= code < 0xE000}.values()))
TEXTS = st.one_of(
    st.none(), st.text(max_size=60), st.lists(PIECES, max_size=60).map("".join), st.lists(KINDS, max_size=30).map("".join)
)


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=5))
def test_the_kernel_says_what_the_definition_says(texts: list[str | None]) -> None:
    nothing = [np.nan] * len(DCLM.names)
    expected = np.array([nothing if text is None else plainly(text) for text in texts], np.float64).reshape(-1, len(DCLM.names))
    for array in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string()), pa.array(["left out", *texts, "too"])[1:-1]):
        np.testing.assert_array_equal(measure(array), expected)


def test_texts_longer_than_the_first_room() -> None:
    text = "\n".join(f"{i % 977} word{i % 1_501}" for i in range(5_000))
    expected = np.array([plainly("a"), plainly(text), plainly("b b\n" * 3_000)], np.float64)
    np.testing.assert_array_equal(measure(pa.array(["a", text, "b b\n" * 3_000])), expected)


def test_one_long_word() -> None:
    np.testing.assert_array_equal(measure(pa.array(["é" * 1_000_000])), np.array([plainly("é" * 1_000_000)], np.float64))
