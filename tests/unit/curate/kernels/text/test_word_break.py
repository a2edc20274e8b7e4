"""Word boundaries of Unicode: the rules one by one, as uniseg 0.10.1 cuts these texts."""

from __future__ import annotations

import numpy as np
import pytest

from resonance.curate.kernels.text.ngrams import FULL
from resonance.curate.kernels.text.word_break import read_words, segments, table
from resonance.curate.kernels.text.words import word_hash


@pytest.mark.parametrize(
    "cut",
    [
        "The| |quick| |(|“|brown|”|)| |fox| |can’t| |jump| |32.3| |feet|,| |right|?",
        "\r\n|\r|a|\n|\u0308|b",  # WB3 to WB3b
        "👩\u200d👩|x\u200d👩",  # WB3c
        "a\u0308b| \u0308|  \u3000|a",  # WB3d: nothing may stand between
        "a\u200db|,\u200d|b",  # WB4
        "a:b| |a|:| |a|,|b| |1|:|2",  # WB6, WB7
        'א\'| |א"א| |א|"|a',  # WB7a to WB7c
        "1a2| |1,5| |1|.| ",  # WB8 to WB12
        "カタ|か|カ|a",  # WB13
        "a_1_カ|か|_",  # WB13a, WB13b
        "🇩🇪|🇫🇷|🇫|a|🇫",  # WB15, WB16
        "🇩\u0308🇪|🇫",
        "漢|字|\U00020000|\u200b",
    ],
)
def test_segments(cut: str) -> None:
    pieces = cut.split("|")
    text = "".join(pieces)
    assert list(segments(text)) == pieces
    assert words_of(text) == [word_hash(piece) for piece in pieces if piece[0].isalnum()]


def words_of(text: str) -> list[int]:
    """The words that the kernel reads, and that it says so when there is no room for the last of them."""
    data = np.frombuffer(text.encode(), np.uint8)
    words = [piece for piece in segments(text) if piece[0].isalnum()]
    hashes, sums = np.empty(len(words), np.uint64), np.empty(len(words) + 1, np.int64)
    assert read_words(data, 0, len(data), table(), hashes, sums) == len(words)
    assert np.diff(sums).tolist() == [len(word) for word in words]
    if words:
        assert read_words(data, 0, len(data), table(), hashes[1:], sums[1:]) == FULL
        assert read_words(data, 0, len(data), table(), hashes, sums) == len(words)
    return [int(value) for value in hashes]


def test_nothing() -> None:
    assert list(segments("")) == []
    assert words_of("") == []
