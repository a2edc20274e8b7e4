"""The set ``line_languages``: which language most of the lines are in; for texts that mix languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.basics import line_languages
    from resonance.curate.signals.arrays import build_struct, build_values

    return build_struct(LINE_LANGUAGES.signals, build_values(LINE_LANGUAGES.signals, line_languages.rows(texts)))


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.basics import line_languages

    return line_languages.plainly(text)


LINE_LANGUAGES = SignalSet(
    "line_languages",
    "Which language most of the lines of a text are in, and how much of them.",
    4,
    (
        Signal("n_line_languages", "int", None, "Languages among the lines of at least 20 characters that hold letters of theirs."),
        Signal("line_language", "string", None, "The language that most characters of such lines are in, ISO 639 code."),
        Signal(
            "line_language_ratio",
            "double",
            "high",
            "Share of the characters of such lines that are in lines of that language.",
        ),
    ),
    _measure,
    _plainly,
    shared=True,
)
