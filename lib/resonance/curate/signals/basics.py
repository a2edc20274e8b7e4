"""The set ``basics``: lengths, kinds of characters, compressibility and language of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value

KINDS = {
    "latin": "Latin letters",
    "han": "Han characters",
    "other_letter": "other letters, or marks",
    "digit": "numbers",
    "punctuation": "punctuation",
    "symbol": "symbols",
    "space": "white space",
    "other": "control, format, private or unassigned characters",
}

NUMBERS = (
    Signal("n_chars", "int", "high", "Length in Unicode code points."),
    Signal("n_bytes", "int", "high", "Length in UTF-8 bytes."),
    *(Signal(f"{kind}_ratio", "double", None, f"Share of code points that are {those}.") for kind, those in KINDS.items()),
    Signal("compression_ratio", "double", "high", "zlib level 1 size divided by size in bytes; low means repetitive."),
)
LANGUAGES = (
    Signal(
        "language",
        "string",
        None,
        "Most probable language, ISO 639 code, from the first 2,000 characters; null where few or no letters of it are there.",
    ),
    Signal("language_score", "double", "high", "Probability of that language."),
    Signal("language_2", "string", None, "Second most probable language."),
    Signal("language_2_score", "double", None, "Probability of the second language."),
    Signal("language_3", "string", None, "Third most probable language."),
    Signal("language_3_score", "double", None, "Probability of the third language."),
)


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.basics import basics
    from resonance.curate.signals.arrays import build_numbers, build_struct, build_values

    numbers = build_numbers(NUMBERS, basics.numbers(texts), texts)
    return build_struct(BASICS.signals, [*numbers, *build_values(LANGUAGES, basics.heads(texts))])


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.basics import basics

    return basics.plainly(text)


BASICS = SignalSet(
    "basics",
    "Lengths, kinds of characters, compressibility and language of a text.",
    4,
    (*NUMBERS, *LANGUAGES),
    _measure,
    _plainly,
    shared=True,
    shown=("n_chars", "compression_ratio", "language", "language_score"),
)
