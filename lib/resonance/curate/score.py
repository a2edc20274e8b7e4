"""The signal set ``quality``: one number for a stored text, and the four parts that it rests on.

``quality`` is the mean of four parts in 0…1, all of them better when higher: compression_ratio and unique_word_ratio, each doubled
and cut at 1; 1 - dup_line_ratio; punct_line_ratio. A text without words has no score (null).
"""

from __future__ import annotations

import zlib
from typing import Any

from resonance.curate.signals import QUALITY

VERSION = 1
FULL = 0.5
"""Compression and unique words count in full from here on: plain prose reaches it, more is no better."""

COLUMNS = tuple(signal.column for signal in QUALITY)


def parts_plainly(text: str, head_words: int) -> dict[str, float | None]:
    """The signals of one text; the definition that the compiled pass is held to."""
    from resonance.curate.kernels.text.prose import counts_plainly

    words, distinct_words, lines, distinct_lines, terminal_lines = counts_plainly(text, head_words)
    if not words:
        return dict.fromkeys(COLUMNS)
    data = text.encode()
    compression, unique = len(zlib.compress(data, 1)) / len(data), distinct_words / words
    repeated, ended = 1 - distinct_lines / lines, terminal_lines / lines
    quality = (min(compression / FULL, 1) + min(unique / FULL, 1) + (1 - repeated) + ended) / 4
    return dict(zip(COLUMNS, (quality, compression, unique, repeated, ended), strict=True))


def measure(texts: Any, head_words: int, compressed: Any = None) -> dict[str, Any]:
    """The signals of an Arrow array of texts, one array of doubles each, null for texts without words.

    Args:
        texts: strings; a null counts as an empty text.
        head_words: words over which unique words are counted.
        compressed: the compression ratio of each text, where it is known.
    """
    import numpy as np
    import pyarrow as pa

    from resonance.curate.kernels.text.prose import counts
    from resonance.curate.kernels.text.scan import spans

    data, starts, ends = spans(texts)
    if compressed is None:
        view, bounds = memoryview(data.data), zip(starts.tolist(), ends.tolist(), strict=True)
        compressed = pa.array([len(zlib.compress(view[a:b], 1)) / (b - a) if b > a else None for a, b in bounds], pa.float64())
    words, distinct_words, lines, distinct_lines, terminal_lines = counts(texts, head_words).T
    wordless = words == 0
    lines, words = (np.where(wordless, 1, n) for n in (lines, words))
    compression, unique = compressed.fill_null(1.0).to_numpy(zero_copy_only=False), distinct_words / words
    repeated, ended = 1 - distinct_lines / lines, terminal_lines / lines
    quality = (np.minimum(compression / FULL, 1) + np.minimum(unique / FULL, 1) + (1 - repeated) + ended) / 4
    values = (quality, compression, unique, repeated, ended)
    return {name: pa.array(value, mask=wordless) for name, value in zip(COLUMNS, values, strict=True)}
