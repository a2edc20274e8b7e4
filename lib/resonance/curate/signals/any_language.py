"""The set ``any_language``: what can be asked of a text without knowing its language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value

LINES = "Share of lines that"


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.any_language import any_language
    from resonance.curate.signals.arrays import build_measured

    return build_measured(ANY_LANGUAGE.signals, any_language.measure(texts), texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.any_language import any_language

    return any_language.plainly(text)


ANY_LANGUAGE = SignalSet(
    "any_language",
    "What can be asked of a text without knowing its language; white space is no character here, and a blank line no line.",
    1,
    (
        Signal("n_letters", "int", "high", "Letters and marks."),
        Signal("letter_ratio", "double", "high", "Share of characters that are letters or marks."),
        Signal("mojibake_ratio", "double", "low", "Share of characters in sequences that a wrong encoding leaves."),
        Signal("n_lines", "int", None, "Lines."),
        Signal("mean_line_length", "double", "high", "Mean length of a line in code points, white space around it left out."),
        Signal("ended_line_ratio", "double", "high", f"{LINES} end as sentences do, in the marks of any script."),
        Signal("bullet_line_ratio", "double", "low", f"{LINES} start with a bullet."),
        Signal("end_ellipsis_line_ratio", "double", "low", f"{LINES} end with an ellipsis."),
        Signal("dup_line_frac", "double", "low", f"{LINES} repeat an earlier one."),
        Signal("dup_line_char_frac", "double", "low", "Share of the characters of lines that are in such lines."),
        *(
            Signal(f"top_{n}_chars", "double", "low", f"Share of characters in all copies of the commonest sequence of {n}.")
            for n in (3, 7)
        ),
        *(
            Signal(
                f"repeated_{n}_chars",
                "double",
                "low",
                f"Share of characters in sequences of {n} that repeat an earlier one and do not overlap.",
            )
            for n in (8, 16, 30, 60)
        ),
    ),
    _measure,
    _plainly,
    shared=True,
    shown=("n_letters", "letter_ratio", "mojibake_ratio", "repeated_16_chars"),
)
