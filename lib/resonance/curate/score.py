"""Scores every document's text: one number for quality, and the four parts that it rests on."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from pyspark.sql import DataFrame

from resonance.core.frames import Kernel, map_batches
from resonance.core.job import Turn
from resonance.core.settings import ScoreSettings
from resonance.curate.signals import IDENTITY, QUALITY, signal_rows

VERSION = 1
FULL = 0.5
"""Compression and unique words count in full from here on: plain prose reaches it, more is no better."""

COLUMNS = tuple(signal.column for signal in QUALITY)
SCHEMA = "doc_id binary, bucket int, content_hash binary, batch string, " + ", ".join(f"{column} double" for column in COLUMNS)


def score(documents: DataFrame, *, settings: ScoreSettings, turn: Turn) -> DataFrame:
    """The ``quality`` set of signals, one row a document. One pass over the texts; nothing is shuffled.

    ``quality`` is the mean of four parts in 0…1, all of them better when higher: compression_ratio and unique_word_ratio,
    each doubled and cut at 1; 1 - dup_line_ratio; punct_line_ratio. A text without words has no score (null).
    """
    scorer = _scorer(settings.head_words)
    measured = map_batches(documents.select(*IDENTITY, "text"), scorer, SCHEMA)
    return signal_rows(measured, "quality", VERSION)


def parts_plainly(text: str, head_words: int) -> dict[str, float | None]:
    """The signals of one text; the definition that the compiled pass is held to."""
    from resonance.curate.kernels.prose import counts_plainly

    words, distinct_words, lines, distinct_lines, terminal_lines = counts_plainly(text, head_words)
    if not words:
        return dict.fromkeys(COLUMNS)
    data = text.encode()
    compression, unique = len(zlib.compress(data, 1)) / len(data), distinct_words / words
    repeated, ended = 1 - distinct_lines / lines, terminal_lines / lines
    quality = (min(compression / FULL, 1) + min(unique / FULL, 1) + (1 - repeated) + ended) / 4
    return dict(zip(COLUMNS, (quality, compression, unique, repeated, ended), strict=True))


def _scorer(head_words: int) -> Kernel:
    def scored(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            signals = measure(batch.column("text"), head_words)
            columns = [batch.column(name) for name in IDENTITY]
            yield pa.RecordBatch.from_arrays([*columns, *signals.values()], names=[*IDENTITY, *signals])

    return scored


def measure(texts: Any, head_words: int) -> dict[str, Any]:
    """The signals of an Arrow array of texts, one array of doubles each, null for texts without words."""
    import numpy as np
    import pyarrow as pa

    from resonance.curate.kernels.prose import counts
    from resonance.curate.kernels.scan import spans

    data, starts, ends = spans(texts)
    view = memoryview(data.data)
    packed = np.array([len(zlib.compress(view[a:b], 1)) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)], np.float64)
    words, distinct_words, lines, distinct_lines, terminal_lines = counts(texts, head_words).T
    wordless = words == 0
    lines, words, size = (np.where(wordless, 1, n) for n in (lines, words, ends - starts))
    compression, unique = packed / size, distinct_words / words
    repeated, ended = 1 - distinct_lines / lines, terminal_lines / lines
    quality = (np.minimum(compression / FULL, 1) + np.minimum(unique / FULL, 1) + (1 - repeated) + ended) / 4
    values = (quality, compression, unique, repeated, ended)
    return {name: pa.array(value, mask=wordless) for name, value in zip(COLUMNS, values, strict=True)}
