"""The set ``quality``: one number for a stored text, and the four parts that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value

HEAD_WORDS = 1_000


def _measure(texts: Any, head_words: int = HEAD_WORDS, compressed: Any = None) -> Any:
    from resonance.curate.kernels.quality import quality
    from resonance.curate.signals.arrays import build_measured

    return build_measured(QUALITY.signals, quality.measure(texts, head_words, compressed), texts)


def _plainly(text: str, head_words: int = HEAD_WORDS) -> Sequence[Value]:
    from resonance.curate.kernels.quality import quality

    return quality.plainly(text, head_words)


QUALITY = SignalSet(
    "quality",
    "One number for a text, and the four parts that it rests on.",
    1,
    (
        Signal(
            "quality",
            "double",
            "high",
            "Mean of four parts, each scaled to 0…1 (compression, unique words, no repeated lines, punctuation).",
        ),
        Signal("compression_ratio", "double", "high", "zlib level 1 size divided by size in bytes; low means repetitive."),
        Signal("unique_word_ratio", "double", "high", "Distinct words divided by words, over the first 1,000 words."),
        Signal("dup_line_ratio", "double", "low", "Share of non-empty lines that repeat an earlier line."),
        Signal("punct_line_ratio", "double", "high", "Share of non-empty lines that end in terminal punctuation."),
    ),
    _measure,
    _plainly,
    text="stored",
    shown=("quality", "compression_ratio", "unique_word_ratio", "dup_line_ratio", "punct_line_ratio"),
)
