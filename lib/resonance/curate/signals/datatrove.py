"""The set ``datatrove``: the signals of datatrove 0.10's Gopher, C4 and FineWeb filters, with words of spaCy's blank English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value

NOT_DROPPED = "of those that C4 has not dropped before it looks for that; one cuts the document."


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.datatrove import datatrove_kernel
    from resonance.curate.signals.arrays import build_measured

    return build_measured(DATATROVE.signals, datatrove_kernel.measure(texts), texts)


def _measure_words(texts: Any) -> Any:
    from resonance.curate.kernels.datatrove import datatrove_kernel
    from resonance.curate.signals.arrays import build_measured

    return build_measured(DATATROVE.signals, datatrove_kernel.measure_words(texts), texts)


def measure_and_rewrite(texts: Any) -> tuple[Any, Any, Any]:
    """The set's signals of an Arrow string array, and what C4's line rules leave of each text, with the edits: in one reading."""
    from resonance.curate.kernels.datatrove import datatrove_kernel
    from resonance.curate.signals.arrays import build_measured

    found, stored, edits = datatrove_kernel.measure_and_rewrite(texts)
    return build_measured(DATATROVE.signals, found, texts), stored, edits


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.datatrove import datatrove

    return datatrove.plainly(text)


DATATROVE = SignalSet(
    "datatrove",
    "What datatrove's Gopher, C4 and FineWeb filters look at, as datatrove means it.",
    1,
    (
        Signal("n_tokens", "int", "high", "Words, symbols included."),
        Signal("n_words", "int", "high", "Words that are not made of symbols alone."),
        Signal("mean_word_length", "double", None, "Mean length of such a word in code points."),
        Signal("hash_ratio", "double", "low", "Number signs for each word, symbols included."),
        Signal("ellipsis_ratio", "double", "low", "Ellipses for each word, symbols included."),
        Signal("bullet_line_ratio", "double", "low", "Share of lines that start with a bullet."),
        Signal("end_ellipsis_line_ratio", "double", "low", "Share of lines that end with an ellipsis."),
        Signal("alpha_word_ratio", "double", "high", "Share of words, symbols included, with an alphabetic character."),
        Signal("stop_words", "int", "high", "Distinct words of: the, be, to, of, and, that, have, with."),
        Signal("dup_para_frac", "double", "low", "Share of paragraphs that repeat an earlier one."),
        Signal("dup_para_char_frac", "double", "low", "Share of all characters that are in such paragraphs."),
        Signal("dup_line_frac", "double", "low", "Share of lines that repeat an earlier one."),
        Signal("dup_line_char_frac", "double", "low", "Share of all characters that are in such lines."),
        *(
            Signal(f"top_{n}_gram", "double", "low", f"Share of characters in the most common sequence of {n} words.")
            for n in (2, 3, 4)
        ),
        *(
            Signal(
                f"duplicated_{n}_n_grams",
                "double",
                "low",
                f"Share of characters in sequences of {n} words that repeat an earlier one and do not overlap.",
            )
            for n in range(5, 11)
        ),
        Signal("c4_lorem_ipsum", "int", "low", f"Lines that hold lorem ipsum, {NOT_DROPPED}"),
        Signal("c4_curly_bracket", "int", "low", f"Lines that hold a curly bracket, {NOT_DROPPED}"),
        Signal("c4_lines", "int", "high", "Lines that C4's line rules keep."),
        Signal("c4_sentences", "int", "high", "Sentences of those lines."),
        Signal("line_punct_ratio", "double", "high", "Share of the lines that C4 keeps that end in terminal punctuation."),
        Signal("short_line_ratio", "double", "low", "Share of those lines that have 30 characters or fewer."),
        Signal("char_dup_ratio", "double", "low", "Share of characters in repeated lines, over those lines."),
        Signal("list_ratio", "double", "low", "Line feeds for each word, over those lines."),
    ),
    _measure,
    _plainly,
    brief=_measure_words,
)
