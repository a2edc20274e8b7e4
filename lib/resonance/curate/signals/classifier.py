"""The set ``classifier``: how like the reference texts a text is, by a classifier that was fitted on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.scorer import Scorer
from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any, scorer: Scorer | None = None, name: str = "") -> Any:
    from resonance.curate.kernels.scorers import classifier
    from resonance.curate.signals.arrays import build_struct, build_values

    scores = [None] * len(texts) if scorer is None else classifier.measure(texts, scorer)
    rows = [(score, None if score is None else name) for score in scores]
    return build_struct(CLASSIFIER.signals, build_values(CLASSIFIER.signals, rows))


def _plainly(text: str, scorer: Scorer | None = None, name: str = "") -> Sequence[Value]:
    from resonance.curate.kernels.scorers import classifier

    score = None if scorer is None else classifier.plainly(text, scorer)
    return score, None if score is None else name


CLASSIFIER = SignalSet(
    "classifier",
    "How like the reference texts a text is, by a classifier that was fitted on them.",
    1,
    (
        Signal(
            "score",
            "double",
            "high",
            "How likely the text is one of the reference texts and not of the general ones, were there as many of both.",
        ),
        Signal("scorer", "string", None, "Hash that names the classifier."),
    ),
    _measure,
    _plainly,
    shared=True,
    shown=("score",),
    scored=True,
)
