"""Every signal of a text, declared once: its set, its column and which way is good."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.signal import Signal

GOOD_WHEN_HIGH = frozenset(
    {
        "n_chars",
        "n_bytes",
        "n_tokens",
        "n_words",
        "n_lines",
        "mean_word_length",
        "median_word_length",
        "alpha_word_ratio",
        "stop_words",
        "c4_lines",
        "c4_sentences",
        "line_punct_ratio",
        "compression_ratio",
        "language_score",
        "language_2_score",
        "language_3_score",
        "line_language_ratio",
        "quality",
        "unique_word_ratio",
        "punct_line_ratio",
    }
)
"""Columns of which a low value is bad."""

TYPES = {
    "n_chars": "int",
    "n_bytes": "int",
    "n_tokens": "int",
    "n_words": "int",
    "stop_words": "int",
    "c4_lorem_ipsum": "int",
    "c4_curly_bracket": "int",
    "c4_lines": "int",
    "c4_sentences": "int",
    "c4_javascript": "int",
    "c4_javascript_v1": "int",
    "c4_naughty_word": "int",
    "n_lines": "int",
    "n_line_languages": "int",
    "line_language": "string",
    "language": "string",
    "language_2": "string",
    "language_3": "string",
}
"""Columns of the ``signals`` table that are no double; labels stand beside their scores."""

IDENTITY = ("doc_id", "bucket", "content_hash", "batch")

LANGUAGES = ("language", "language_score", "language_2", "language_2_score", "language_3", "language_3_score")
"""What the language model says, beside the columns that kernels measure: part of the set ``basics``."""


def _declared(set: str, version: int, columns: tuple[str, ...]) -> tuple[Signal, ...]:
    return tuple(Signal(column, version, set, column, low_is_bad=column in GOOD_WHEN_HIGH) for column in columns)


BASICS = _declared(
    "basics",
    1,
    (
        "n_chars",
        "n_bytes",
        "latin_ratio",
        "han_ratio",
        "other_letter_ratio",
        "digit_ratio",
        "punctuation_ratio",
        "symbol_ratio",
        "space_ratio",
        "other_ratio",
        "compression_ratio",
        *LANGUAGES,
    ),
)
LINE_LANGUAGES = _declared("line_languages", 1, ("n_line_languages", "line_language", "line_language_ratio"))
DATATROVE = _declared(
    "datatrove",
    1,
    (
        "n_tokens",
        "n_words",
        "mean_word_length",
        "hash_ratio",
        "ellipsis_ratio",
        "bullet_line_ratio",
        "end_ellipsis_line_ratio",
        "alpha_word_ratio",
        "stop_words",
        "dup_para_frac",
        "dup_para_char_frac",
        "dup_line_frac",
        "dup_line_char_frac",
        "top_2_gram",
        "top_3_gram",
        "top_4_gram",
        *(f"duplicated_{n}_n_grams" for n in range(5, 11)),
        "c4_lorem_ipsum",
        "c4_curly_bracket",
        "c4_lines",
        "c4_sentences",
        "line_punct_ratio",
        "short_line_ratio",
        "char_dup_ratio",
        "list_ratio",
    ),
)
DOLMA = _declared(
    "dolma",
    1,
    (
        "n_words",
        "median_word_length",
        "symbol_word_ratio",
        "alpha_word_ratio",
        "stop_words",
        "top_2_gram",
        "top_3_gram",
        "top_4_gram",
        *(f"duplicated_{n}_n_grams" for n in range(5, 11)),
        "bullet_line_ratio",
        "end_ellipsis_line_ratio",
        "dup_line_frac",
        "dup_line_char_frac",
        "bullet_line_ratio_v1",
        "end_ellipsis_line_ratio_v1",
        "dup_line_frac_v1",
        "n_lines",
        "c4_unended_line_ratio",
        "c4_few_words_line_ratio",
        "c4_curly_bracket",
        "c4_lorem_ipsum",
        "c4_javascript",
        "c4_naughty_word",
        "c4_javascript_v1",
    ),
)
DCLM = _declared(
    "dclm",
    1,
    (
        "n_words",
        "mean_word_length",
        "symbol_word_ratio",
        "bullet_line_ratio",
        "end_ellipsis_line_ratio",
        "alpha_word_ratio",
        "stop_words",
        "dup_line_frac",
        "dup_para_frac",
        "dup_line_char_frac",
        "dup_para_char_frac",
        "top_2_gram",
        "top_3_gram",
        "top_4_gram",
        *(f"duplicated_{n}_n_grams" for n in range(5, 11)),
        "removed_word_ratio",
    ),
)
QUALITY = _declared("quality", 1, ("quality", "compression_ratio", "unique_word_ratio", "dup_line_ratio", "punct_line_ratio"))
MEASURED = {"basics": BASICS, "line_languages": LINE_LANGUAGES, "datatrove": DATATROVE, "dolma": DOLMA, "dclm": DCLM}
"""What ``clean`` measures, by set, in the order of the columns of its kernels."""
SIGNALS = tuple(signal for signals in (*MEASURED.values(), QUALITY) for signal in signals)
COLUMNS = tuple(dict.fromkeys(signal.column for signal in SIGNALS))
"""The columns of the ``signals`` table that hold signals. Sets share those that mean the same to each in its own way."""


def signal_rows(measured: DataFrame, name: str, version: int) -> DataFrame:
    """Rows of the ``signals`` table for one set: signals that ``measured`` has no column for are null."""

    def held(column: str) -> Column:
        value = F.col(column) if column in measured.columns else F.lit(None)
        return value.cast(TYPES.get(column, "double")).alias(column)

    return measured.select(*IDENTITY, F.lit(name).alias("set"), F.lit(version).alias("version"), *map(held, COLUMNS))
