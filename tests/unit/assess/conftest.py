"""A contract of every kind of promise, and rows that break each of them now and then."""

from __future__ import annotations

from random import Random

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.contract import Column, Contract, Rule

SCHEMA = "id bigint, part string, text string, size int"


@pytest.fixture(scope="session")
def shop() -> Contract:
    """What each row of ``rows`` should be."""
    columns = (
        Column("id", "BIGINT", True, "Number of the row."),
        Column("part", "STRING", True, "Partition of the row."),
        Column("text", "STRING", False, "A text."),
        Column("size", "INT", True, "A size."),
    )
    rules = (
        Rule("size_not_negative", "size >= 0", "Sizes are not negative."),
        Rule("text_fits", "length(text) <= size AND text != 'id'", "A text has no more letters than its size."),
    )
    return Contract("shop", "1.0.0", "Texts with sizes.", columns, rules, ("id",))


def draw_rows(many: int, seed: int) -> list[tuple[int, str | None, str | None, int | None]]:
    draw = Random(seed)
    return [
        (
            number,
            draw.choice([None, "a", "b", "c"]),
            draw.choice([None, "", "one", "three", "id"]),
            draw.choice([None, -1, 0, 3, 5]),
        )
        for number in range(many)
    ]


@pytest.fixture(scope="session")
def rows(spark: SparkSession) -> DataFrame:
    """200 rows in four partitions, one of them nameless."""
    return spark.createDataFrame(draw_rows(200, seed=1), SCHEMA)
