"""How many texts of any table are like another that stays, against a loop over all pairs."""

from __future__ import annotations

import random

from pyspark.sql import SparkSession

from resonance.curate.duplicates.redundant import count_redundant
from resonance.testing import hold


def count_plainly(texts: list[str | None], least: float, n: int) -> int:
    """Texts that go where each stays unless it is like a longer one that does."""
    known = sorted((text for text in texts if text is not None), key=len, reverse=True)
    kept: list[set[tuple[str, ...]]] = []
    for text in known:
        words = text.split()
        runs = {tuple(words[k : k + n]) for k in range(len(words) - n + 1)}
        if all(len(runs & other) < least * len(runs | other) for other in kept):
            kept.append(runs)
    return len(known) - len(kept)


def test_texts_that_are_like_others_are_counted(spark: SparkSession) -> None:
    chance = random.Random(3)
    words = [f"w{n}" for n in range(500)]
    texts: list[str | None] = [" ".join(chance.choices(words, k=60 + n)) for n in range(12)]
    near = [" ".join(str(text).split()[:-3]) for text in texts[:4]]
    far = [" ".join(str(text).split()[:20]) for text in texts[4:6]]
    texts += [*near, *far, texts[7], None]
    rows = spark.createDataFrame([(f"r{n}", text) for n, text in enumerate(texts)], "id string, text string")

    def count(most: int) -> int | None:
        return count_redundant(rows, "id", "text", 0.8, 5, most=most, checkpoint=lambda frame, _: hold(frame))

    assert count(100) == count_plainly(texts, 0.8, 5) == 5
    assert count(5) is None
