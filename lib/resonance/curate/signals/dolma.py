"""The set ``dolma``: the signals of Dolma 1.2's Gopher and C4 taggers, words being what stands between white space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.dolma import dolma
    from resonance.curate.signals.arrays import build_measured

    return build_measured(DOLMA.signals, dolma.measure(texts), texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.dolma import dolma

    return dolma.plainly(text)


DOLMA = SignalSet(
    "dolma",
    "What Dolma's Gopher and C4 taggers say of a text, as Dolma means it.",
    1,
    (
        Signal("n_words", "int", "high", "Words between white space."),
        Signal("median_word_length", "double", None, "Median length of a word in code points."),
        Signal("symbol_word_ratio", "double", "low", "Share of words with a number sign or an ellipsis."),
        Signal("alpha_word_ratio", "double", "high", "Share of words with an alphabetic character."),
        Signal("stop_words", "int", "high", "Words of: the, be, to, of, and, that, have, with; each as often as it occurs."),
        *(
            Signal(f"top_{n}_gram", "double", "low", f"Share of the characters of words in the most common sequence of {n} words.")
            for n in (2, 3, 4)
        ),
        *(
            Signal(
                f"duplicated_{n}_n_grams",
                "double",
                "low",
                f"Share of the characters of all sequences of {n} words in those that occur more than once.",
            )
            for n in range(5, 11)
        ),
        Signal("bullet_line_ratio", "double", "low", "Share of lines that start with a bullet; empty lines are no lines."),
        Signal("end_ellipsis_line_ratio", "double", "low", "Share of such lines that end with an ellipsis."),
        Signal("dup_line_frac", "double", "low", "Share of such lines that occur more than once."),
        Signal("dup_line_char_frac", "double", "low", "Characters of such repeated lines divided by those of all words."),
        Signal("bullet_line_ratio_v1", "double", "low", "As bullet_line_ratio, empty lines counted as lines."),
        Signal("end_ellipsis_line_ratio_v1", "double", "low", "As end_ellipsis_line_ratio, empty lines counted as lines."),
        Signal("dup_line_frac_v1", "double", "low", "As dup_line_frac, empty lines counted as lines."),
        Signal("n_lines", "int", "high", "Lines between line feeds, empty ones included."),
        Signal("c4_unended_line_ratio", "double", "low", "Share of those lines that end in none of C4's marks."),
        Signal("c4_few_words_line_ratio", "double", "low", "Share of those lines with fewer than three words."),
        Signal("c4_curly_bracket", "int", "low", "Whether the text holds a curly bracket; 1 or 0."),
        Signal("c4_lorem_ipsum", "int", "low", "Whether the text holds lorem ipsum; 1 or 0."),
        Signal("c4_javascript", "int", "low", "Whether the text says javascript; 1 or 0."),
        Signal("c4_naughty_word", "int", "low", "Whether the text holds a word of C4's list; 1 or 0."),
        Signal("c4_javascript_v1", "int", "low", "Whether the text says javascript as a word; 1 or 0."),
    ),
    _measure,
    _plainly,
)
