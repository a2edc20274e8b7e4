"""The set ``perplexity``: how surprising a text is to a language model of the reference texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.scorer import THIRDS, Scorer
from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any, scorer: Scorer | None = None, name: str = "", languages: Any = None) -> Any:
    from resonance.curate.kernels.basics import basics
    from resonance.curate.kernels.scorers import perplexity
    from resonance.curate.signals.arrays import build_struct, build_values

    found: list[tuple[Value, ...]] = [(None,) * 4] * len(texts)
    if scorer is not None:
        known = [said[0] for said in basics.heads(texts)] if languages is None else languages.to_pylist()
        found = perplexity.measure(texts, scorer, known)
    rows = [(*values, None if values[0] is None else name) for values in found]
    return build_struct(PERPLEXITY.signals, build_values(PERPLEXITY.signals, rows))


def _plainly(text: str, scorer: Scorer | None = None, name: str = "") -> Sequence[Value]:
    from resonance.curate.kernels.basics import basics
    from resonance.curate.kernels.scorers import perplexity

    language = basics.languages(text[: basics.HEAD_CHARS])[0]
    values = (None,) * 4 if scorer is None else perplexity.plainly(text, scorer, language)
    return (*values, None if values[0] is None else name)


PERPLEXITY = SignalSet(
    "perplexity",
    "How surprising a text is to a language model of the reference texts.",
    4,
    (
        Signal("perplexity", "double", "low", "2 to the power of the mean bits of a word under the model (at most 2^64)."),
        Signal(
            "band", "string", None, "Third of general texts of its language, by perplexity: head (least), middle or tail.", THIRDS
        ),
        Signal(
            "language",
            "string",
            None,
            "Most probable language, ISO 639 code, from the first 2,000 characters; null where few or no letters of it are there.",
        ),
        Signal("unknown_word_ratio", "double", "low", "Share of words that the reference texts lack."),
        Signal("scorer", "string", None, "Hash that names the language model and its thirds."),
    ),
    _measure,
    _plainly,
    shared=True,
    shown=("perplexity", "band", "unknown_word_ratio"),
    scored=True,
)
