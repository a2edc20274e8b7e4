"""The set ``characters``: how evenly a text uses its characters, in any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.characters import characters
    from resonance.curate.signals.arrays import build_measured

    return build_measured(CHARACTERS.signals, characters.measure(texts), texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.characters import characters

    return characters.plainly(text)


CHARACTERS = SignalSet(
    "characters",
    "How evenly a text uses its characters, white space left out, in any language.",
    2,
    (
        Signal("distinct_chars", "int", None, "Distinct characters."),
        Signal("char_entropy", "double", None, "Entropy of the characters in bits; low means repetitive, high means random."),
        Signal("top_char_ratio", "double", "low", "Share of characters that are the most frequent one."),
        Signal("longest_char_run", "int", "low", "Characters in the longest run of one character."),
        Signal("single_char_ratio", "double", None, "Share of distinct characters that occur once; low means repetitive."),
    ),
    _measure,
    _plainly,
    shared=True,
)
