"""Every signal of a text, declared once: its set, its column and which way is good."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.signal import Signal

GOPHER = (
    Signal("words", 1, "gopher", "n_words", low_is_bad=True),
    Signal("mean word length", 1, "gopher", "mean_word_length", low_is_bad=True),
    Signal("number signs", 1, "gopher", "hash_ratio", low_is_bad=False),
    Signal("ellipses", 1, "gopher", "ellipsis_ratio", low_is_bad=False),
    Signal("bullet lines", 1, "gopher", "bullet_line_ratio", low_is_bad=False),
    Signal("lines ending in an ellipsis", 1, "gopher", "end_ellipsis_line_ratio", low_is_bad=False),
    Signal("words with a letter", 1, "gopher", "alpha_word_ratio", low_is_bad=True),
    Signal("stop words", 1, "gopher", "stop_words", low_is_bad=True),
    Signal("language score", 1, "gopher", "language_score", low_is_bad=True),
)
QUALITY = (
    Signal("quality", 1, "quality", "quality", low_is_bad=True),
    Signal("compression", 1, "quality", "compression_ratio", low_is_bad=True),
    Signal("unique words", 1, "quality", "unique_word_ratio", low_is_bad=True),
    Signal("repeated lines", 1, "quality", "dup_line_ratio", low_is_bad=False),
    Signal("lines ending in punctuation", 1, "quality", "punct_line_ratio", low_is_bad=True),
)
SIGNALS = GOPHER + QUALITY

TYPES = {"n_words": "int", "stop_words": "int", "language": "string"}
"""Columns of the ``signals`` table that are no double; ``language`` is a label beside its score."""

IDENTITY = ("doc_id", "bucket", "content_hash", "batch")


def signal_rows(measured: DataFrame, name: str, version: int) -> DataFrame:
    """Rows of the ``signals`` table for one set: signals that ``measured`` has no column for are null."""
    columns = [*(signal.column for signal in GOPHER), "language", *(signal.column for signal in QUALITY)]

    def held(column: str) -> Column:
        value = F.col(column) if column in measured.columns else F.lit(None)
        return value.cast(TYPES.get(column, "double")).alias(column)

    return measured.select(*IDENTITY, F.lit(name).alias("set"), F.lit(version).alias("version"), *map(held, columns))
