"""Distinct values are counted exactly, by whichever way is taken."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from resonance.assess import distinct
from resonance.assess.distinct import count_distinct, find_runs


def list_runs(batches: list[list[int]]) -> list[tuple[int | None, ...]]:
    given_batches = [pa.RecordBatch.from_pydict({"value": pa.array(batch, pa.int32())}) for batch in batches]
    return [tuple(row.values()) for batch in find_runs(given_batches) for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("batches", "runs"),
    [
        ([], []),
        ([[]], []),
        ([[1, 2], [], [5, 9]], [(1, 9, 4)]),
        ([[5, 9], [1, 2], [3]], [(5, 9, 2), (1, 3, 3)]),
        ([[1, 2], [2, 3]], [(1, 2, 2), (2, 3, 2)]),
        ([[1, 2], [4, 4], [5]], [(None, None, None)]),
        ([[2, 1]], [(None, None, None)]),
        ([[-5, 0, 7]], [(-5, 7, 3)]),
    ],
)
def test_runs_of_numbers_that_rise(batches: list[list[int]], runs: list[tuple[int | None, ...]]) -> None:
    assert list_runs(batches) == runs


@given(st.lists(st.lists(st.integers(-9, 9), max_size=4), max_size=4))
def test_all_rows_are_in_runs_or_one_says_that_there_is_none(batches: list[list[int]]) -> None:
    runs = list_runs(batches)
    rise = all(one < other for batch in batches for one, other in zip(batch, batch[1:], strict=False))
    assert (runs[-1:] != [(None, None, None)]) == rise
    if rise:
        assert sum(many for _, _, many in runs) == sum(map(len, batches))


@pytest.mark.parametrize(
    ("values", "many", "grouped"),
    [
        ([1, 2, 3, None, 7], 4, False),
        ([7, 1, 3], 3, True),
        ([1, 2, 2], 2, True),
        ([], 0, False),
    ],
)
def test_numbers_that_rise_are_not_grouped(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, values: list[int | None], many: int, grouped: bool
) -> None:
    rows = spark.createDataFrame([(value,) for value in values], "id long").coalesce(1)
    if not grouped:
        monkeypatch.setattr(type(rows), "distinct", lambda _: pytest.fail("values were grouped"))
    assert count_distinct(rows, "`id`") == many


def test_parts_that_overlap_are_grouped_and_texts_are(spark: SparkSession) -> None:
    numbers = spark.range(100).union(spark.range(50, 120))
    assert count_distinct(numbers, "`id`") == 120
    assert count_distinct(spark.range(100, 200).union(spark.range(100)), "`id`") == 200
    assert count_distinct(spark.createDataFrame([("a",), ("b",), ("a",), (None,)], "id string"), "`id`") == 2
    assert count_distinct(spark.createDataFrame([(1.5,), (2.5,), (1.5,)], "id double"), "`id`") == 2
    assert distinct.count_risen(spark.range(100).selectExpr("id AS value")) == 100
