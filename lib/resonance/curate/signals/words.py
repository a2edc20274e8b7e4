"""The set ``words``: how many words a text has, and how evenly it uses them, in any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.words import words
    from resonance.curate.signals.arrays import build_measured

    return build_measured(WORDS.signals, words.measure(texts), texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.words import words

    return words.plainly(text)


WORDS = SignalSet(
    "words",
    "How many words a text has and how evenly it uses them, in any language; one character is a word in scripts without blanks.",
    1,
    (
        Signal("n_words", "int", "high", "Words."),
        Signal("distinct_words", "int", None, "Distinct words."),
        Signal("word_entropy", "double", "high", "Entropy of the words in nats; low means repetitive."),
    ),
    _measure,
    _plainly,
    shared=True,
)
