"""Features of a text: the kernel lists those of the definition, and the definition what is counted by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.scorers.features import BITS, MOST_FEATURES, list_plainly, list_runs, list_words
from resonance.curate.kernels.text.scan import spans
from resonance.curate.kernels.text.words import folds

PIECES = st.sampled_from(["word ", "Two", " ", "\n", "中文", "ﷺ", "ﬁ", "\u0301", "😀", "#!", "\U0010ffff", "é", "1"])


def list_compiled(text: str) -> tuple[list[int], list[int]]:
    data, starts, ends = spans(pa.array([text]))
    words, runs = (np.empty(MOST_FEATURES * len(text.encode()) + 1, np.uint32) for _ in range(2))
    n_words = list_words(data, starts[0], ends[0], folds(), words)
    return words[:n_words].tolist(), runs[: list_runs(data, starts[0], ends[0], runs)].tolist()


@pytest.mark.parametrize(
    ("text", "words", "runs"), [("", 0, 0), ("a", 1, 0), ("one two, three", 5, 12), ("中文字", 5, 1), ("#!?", 0, 1)]
)
def test_a_text_has_words_pairs_and_runs(text: str, words: int, runs: int) -> None:
    found = list_plainly(text)
    assert (len(found[0]), len(found[1])) == (words, runs)


def test_case_is_in_runs_and_not_in_words() -> None:
    small, large = list_plainly("some words"), list_plainly("SOME WORDS")
    assert small[0] == large[0]
    assert not set(small[1]) & set(large[1])
    assert list_plainly("one two")[0] != list_plainly("two one")[0], "their order counts"


@given(st.text(max_size=40) | st.lists(PIECES, max_size=20).map("".join))
def test_the_kernel_equals_its_definition(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = list_compiled(text)
    assert found == list_plainly(text)
    assert all(0 <= place < 1 << BITS for part in found for place in part)
