"""The values of the set ``perplexity``: how surprising a text is to a language model of the reference texts, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.scorer import THIRDS, Scorer
from resonance.curate.kernels.scorers import language_model

Value = float | str | None
MOST_BITS = 64.0
ROUNDED = 3


def plainly(text: str, scorer: Scorer, language: Value) -> tuple[Value, ...]:
    """Perplexity, third, language, and share of unknown words of one text; all None where it has no word."""
    cost, count, unknown = language_model.read_plainly(text, scorer)
    return name_values(cost, count, unknown, language, scorer)


def measure(texts: Any, scorer: Scorer, languages: Sequence[Value]) -> list[tuple[Value, ...]]:
    """The values of each text of an Arrow string array."""
    found = language_model.read(texts, scorer).tolist()
    return [name_values(row[0], row[1], row[2], language, scorer) for row, language in zip(found, languages, strict=True)]


def name_values(cost: int, count: int, unknown: int, language: Value, scorer: Scorer) -> tuple[Value, ...]:
    """The values from what was added up."""
    if not count:
        return None, None, None, None
    perplexity = find_perplexity(cost, count)
    limits = scorer.about["thirds"].get(language or "", scorer.about["thirds"][""])
    return perplexity, THIRDS[sum(perplexity > limit for limit in limits)], language, unknown / count


def find_perplexity(cost: int, count: int) -> float:
    """2 to the power of the mean bits of a word, the end of the text counting as one."""
    return round(float(2 ** min(cost / language_model.SCALE / (count + 1), MOST_BITS)), ROUNDED)
