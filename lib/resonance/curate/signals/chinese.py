"""The set ``chinese``: what can be asked of a Chinese text by its characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.chinese import chinese
    from resonance.curate.signals.arrays import build_measured

    return build_measured(CHINESE.signals, chinese.measure(texts), texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.chinese import chinese

    return chinese.plainly(text)


CHINESE = SignalSet(
    "chinese",
    "What can be asked of a Chinese text by its characters; white space is no character here.",
    1,
    (
        Signal("n_han", "int", "high", "Han characters."),
        Signal("han_ratio", "double", "high", "Share of letters that are Han characters."),
        Signal("function_ratio", "double", None, "Share of Han characters that are function words, such as 的 了 是 在."),
        Signal("function_words", "int", "high", "Distinct function words; both forms of a character are one."),
        Signal(
            "traditional_ratio",
            "double",
            None,
            "Share of the Han characters that differ in both forms that are traditional; 0 is simplified text, 1 traditional.",
        ),
        Signal("classical_ratio", "double", None, "Share of Han characters that are classical particles: 之乎者也矣焉哉兮."),
        Signal("mark_ratio", "double", None, "Share of characters that are marks of sentences, in full or half width."),
        Signal("n_sentences", "int", "high", "Sentences: what stands between 。！？…!? and line feeds."),
        Signal("mean_sentence_length", "double", None, "Mean length of a sentence in characters."),
        Signal("spam_marks", "int", "low", "Phrases of advertisements and of web pages' frames, such as 加微信."),
        Signal("spam_sentence_ratio", "double", "low", "Share of sentences that hold such a phrase."),
        Signal(
            "menu_char_ratio",
            "double",
            "low",
            "Share of characters in lines of menus: 12 characters at most and no mark of a sentence, or as short entries between "
            "three separators or more.",
        ),
    ),
    _measure,
    _plainly,
    shared=True,
    shown=("han_ratio", "function_ratio", "traditional_ratio", "spam_sentence_ratio"),
)
