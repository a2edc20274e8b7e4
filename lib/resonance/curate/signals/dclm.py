"""The set ``dclm``: the signals of RefinedWeb's rules as DCLM applies them, with three kinds of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.dclm import dclm
    from resonance.curate.signals.arrays import build_measured

    return build_measured(DCLM.signals, dclm.measure(texts), texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.dclm import dclm

    return dclm.plainly(text)


DCLM = SignalSet(
    "dclm",
    "What RefinedWeb's rules look at, as DCLM applies them.",
    1,
    (
        Signal("n_words", "int", "high", "Words as fastText cuts them that begin with a letter or number."),
        Signal("mean_word_length", "double", None, "Mean length in code points of what stands between white space."),
        Signal("symbol_word_ratio", "double", "low", "Number signs and ellipses for each word between white space."),
        Signal("bullet_line_ratio", "double", "low", "Share of lines that start with a bullet; lines are stripped, none is empty."),
        Signal("end_ellipsis_line_ratio", "double", "low", "Share of such lines that end with an ellipsis."),
        Signal("alpha_word_ratio", "double", "high", "Share of words between white space with an alphabetic character."),
        Signal(
            "stop_words",
            "int",
            "high",
            "Words of: the, be, to, of, and, that, have, with; in any case, and each as often as it occurs.",
        ),
        Signal("dup_line_frac", "double", "low", "Share of such lines that occur more than once."),
        Signal("dup_para_frac", "double", "low", "Share of paragraphs that occur more than once; blank lines part them."),
        Signal("dup_line_char_frac", "double", "low", "Share of the characters of lines in repeated ones."),
        Signal("dup_para_char_frac", "double", "low", "Share of the characters of paragraphs in repeated ones."),
        *(
            Signal(
                f"top_{n}_gram",
                "double",
                "low",
                f"Share of the characters of words in the most common sequence of {n} words, the longest of equals; "
                "0 where none is repeated.",
            )
            for n in (2, 3, 4)
        ),
        *(
            Signal(
                f"duplicated_{n}_n_grams",
                "double",
                "low",
                f"Share of the characters of words that are in a sequence of {n} words that occurs more than once.",
            )
            for n in range(5, 11)
        ),
        Signal("removed_word_ratio", "double", "low", "Share of words that RefinedWeb's line rules would remove."),
    ),
    _measure,
    _plainly,
)
