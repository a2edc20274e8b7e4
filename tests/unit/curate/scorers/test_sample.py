"""Samples: bounded in bytes, each text once, the same whatever the order and the partitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import SparkSession

from resonance.core.errors import InputError
from resonance.curate.scorers.sample import HEAD_BYTES, Sample, cut_head, sample_texts

TEXTS = [f"text number {number} of many" for number in range(400)]


def draw(
    spark: SparkSession, checkpoint: Callable[..., Any], texts: list[str | None], most: int = 10**9, parts: int = 1, seed: int = 1
) -> Sample:
    rows = spark.createDataFrame([(text, "broken" if text is None else None) for text in texts], "text string, rule string")
    return sample_texts(rows.repartition(parts), most, seed, checkpoint, "good")


def test_all_is_taken_where_it_fits_each_text_once(spark: SparkSession, checkpoint: Callable[..., Any]) -> None:
    found = draw(spark, checkpoint, [*TEXTS, *TEXTS[:7], "", " ", None, TEXTS[0] + "  "])
    assert sorted(found.texts) == sorted(TEXTS)
    assert (found.texts_there, found.unread) == (408, 1)
    assert found.places == sorted(found.places)
    assert found.bytes == sum(map(len, TEXTS))


def test_a_sample_is_bounded_and_does_not_depend_on_order(spark: SparkSession, checkpoint: Callable[..., Any]) -> None:
    whole = draw(spark, checkpoint, list(TEXTS))
    part = draw(spark, checkpoint, list(reversed(TEXTS)), most=2_000, parts=5)
    assert 1_900 < part.bytes <= 2_000
    assert part.texts == whole.texts[: len(part.texts)]
    assert part.bytes_there == whole.bytes
    assert draw(spark, checkpoint, list(TEXTS), most=2_000, seed=2).texts != part.texts


def test_no_text_at_all_is_told(spark: SparkSession, checkpoint: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="there is no good text, 2 rows cannot be read"):
        draw(spark, checkpoint, ["", None, None])


def test_the_head_of_a_text_ends_with_a_whole_character() -> None:
    assert cut_head("short 中") == "short 中"
    assert cut_head("a" + "中" * HEAD_BYTES) == "a" + "中" * ((HEAD_BYTES - 1) // 3)
