"""Gopher's quality signals, over words between white space: the simple profile ``whitespace``.

Rae et al. 2021, "Scaling Language Models" (arXiv 2112.11446), table A1. Words are what ``str.split`` gives; a word that holds
no letter or digit is a symbol: it counts in the ratios, not in the number and length of words.
"""

from __future__ import annotations

from typing import NamedTuple

STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
BULLETS = ("•", "-")
ELLIPSES = ("...", "…")


class Quality(NamedTuple):
    """The signals that the Gopher rules judge."""

    n_words: int
    mean_word_length: float | None
    hash_ratio: float
    ellipsis_ratio: float
    bullet_line_ratio: float
    end_ellipsis_line_ratio: float
    alpha_word_ratio: float
    stop_words: int


def quality_of(text: str) -> Quality:
    """The signals of a cleaned text that is not empty."""
    words = text.split()
    lines = text.splitlines()
    plain = [w for w in words if w.isalnum() or any(map(str.isalnum, w))]
    alphabetic = sum(1 for w in plain if w.isalpha() or any(map(str.isalpha, w)))
    return Quality(
        n_words=len(plain),
        mean_word_length=sum(map(len, plain)) / len(plain) if plain else None,
        hash_ratio=text.count("#") / len(words),
        ellipsis_ratio=sum(map(text.count, ELLIPSES)) / len(words),
        bullet_line_ratio=sum(line.lstrip().startswith(BULLETS) for line in lines) / len(lines),
        end_ellipsis_line_ratio=sum(line.endswith(ELLIPSES) for line in lines) / len(lines),
        alpha_word_ratio=alphabetic / len(words),
        stop_words=len(STOP_WORDS.intersection(words)),
    )
