"""Letters, words and runs of texts are those of the definition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.contamination.passages import (
    LONGEST,
    fold_texts,
    letters_plainly,
    powers,
    runs,
    runs_plainly,
    weights_plainly,
)
from resonance.curate.kernels.text.words import word_hash, words

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=30), st.text("ab \n中ไÄ\u0301\u200d", max_size=60)), max_size=5)


@settings(max_examples=150)
@given(texts=TEXTS, least=st.integers(1, 100))
def test_the_kernels_say_what_the_definitions_say(texts: list[str | None], least: int) -> None:
    for array in (pa.array(texts, pa.string()), pa.array(["left out", *texts], pa.large_string()).slice(1)):
        found = fold_texts(array)
        for row, text in enumerate(text or "" for text in texts):
            (begin, end), (first, last) = found.letter_bounds[row : row + 2], found.word_bounds[row : row + 2]
            assert "".join(map(chr, found.letters[begin:end])) == letters_plainly(text)
            assert found.hashes[first:last].tolist() == [word_hash(word) for word in words(text)]
            assert found.weights[first:last].tolist() == weights_plainly(text)
            hashes, ends = np.empty(last - first, np.uint64), np.empty(last - first, np.int32)
            count, whole = runs(found.hashes, found.weights, first, last, least, powers(LONGEST), hashes, ends)
            assert dict(zip(ends[:count].tolist(), hashes[:count].tolist(), strict=True)) == runs_plainly(text, least)
            assert whole == sum(weights_plainly(text))


def test_a_run_is_thirteen_words_or_thirty_characters() -> None:
    assert min(runs_plainly(" ".join("abcdefghijklmnopq"), 390)) == 12
    assert min(runs_plainly("中文字章" * 10, 390)) == 29
    assert min(runs_plainly("ab cd ef gh ij kl " + "中文字章" * 10, 390)) == 6 + 17 - 1  # 180 of words, 210 / 13 of characters
