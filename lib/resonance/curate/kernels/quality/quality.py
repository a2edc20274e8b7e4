"""The set ``quality``: the mean of four parts in 0…1, all of them better when higher, and what they are made of.

The parts are the compression ratio and the share of distinct words, each doubled and cut at 1; 1 less the share of repeated lines;
and the share of lines that end in terminal punctuation. A text without words has no score (null).
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.text.prose import counts, counts_plainly
from resonance.curate.kernels.text.scan import spans

FULL = 0.5
"""Compression and distinct words count in full from here on: plain prose reaches it, more is no better."""


def plainly(text: str, head_words: int) -> tuple[float | None, ...]:
    """The score of one text, and of what it is made: compression, distinct words, repeated lines, ended lines."""
    words, distinct_words, lines, distinct_lines, terminal_lines = counts_plainly(text, head_words)
    if not words:
        return (None,) * 5
    data = text.encode()
    compression, distinct = len(zlib.compress(data, 1)) / len(data), distinct_words / words
    repeated, ended = 1 - distinct_lines / lines, terminal_lines / lines
    quality = (min(compression / FULL, 1) + min(distinct / FULL, 1) + (1 - repeated) + ended) / 4
    return quality, compression, distinct, repeated, ended


def measure(texts: Any, head_words: int, compressed: Any = None) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN for texts without words.

    Args:
        texts: strings; a null counts as an empty text.
        head_words: words of which distinct ones are counted.
        compressed: the compression ratio of each text as an Arrow array, where it is known.
    """
    data, starts, ends = spans(texts)
    words, distinct_words, lines, distinct_lines, terminal_lines = counts(texts, head_words).T
    wordless = words == 0
    lines, words = (np.where(wordless, 1, n) for n in (lines, words))
    if compressed is None:
        view, bounds = memoryview(data.data), zip(starts.tolist(), ends.tolist(), strict=True)
        compression = np.array([len(zlib.compress(view[a:b], 1)) / (b - a) if b > a else 1.0 for a, b in bounds], np.float64)
    else:
        compression = compressed.fill_null(1.0).to_numpy(zero_copy_only=False)
    distinct, repeated, ended = distinct_words / words, 1 - distinct_lines / lines, terminal_lines / lines
    quality = (np.minimum(compression / FULL, 1) + np.minimum(distinct / FULL, 1) + (1 - repeated) + ended) / 4
    found = np.column_stack([quality, compression, distinct, repeated, ended])
    found[wordless] = np.nan
    return found
