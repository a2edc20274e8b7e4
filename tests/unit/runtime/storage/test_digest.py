"""A digest says whether two tables hold the same rows, whatever wrote them, and when."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.contract import Contract
from resonance.runtime.storage.digest import digest

CONTRACT = Contract.parse(
    """
apiVersion: v3.2.0
kind: DataContract
id: test.things
name: things
version: 1.0.0
status: active
schema:
- name: things
  description: Things.
  properties:
  - name: key
    logicalType: string
    physicalType: STRING
    required: true
    description: A key.
    primaryKey: true
    primaryKeyPosition: 1
  - {name: size, logicalType: number, physicalType: DOUBLE, required: false, description: A number.}
  - {name: marks, logicalType: array, physicalType: ARRAY<STRING>, required: false, description: A list.}
  - {name: counts, logicalType: object, physicalType: 'MAP<STRING, BIGINT>', required: false, description: A map.}
  - name: seconds
    logicalType: number
    physicalType: DOUBLE
    required: false
    description: Differs from run to run.
    customProperties: [{property: volatile, value: true}]
"""
)
ROWS: list[dict[str, Any]] = [
    {"key": "a", "size": 1.5, "marks": ["x", "y"], "counts": {"one": 1, "two": 2}, "seconds": 0.1},
    {"key": "b", "size": None, "marks": [], "counts": {}, "seconds": 0.2},
    {"key": "c", "size": 0.0, "marks": None, "counts": None, "seconds": 0.3},
]


def make_frame(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    return spark.createDataFrame(rows, CONTRACT.schema)


@pytest.fixture(scope="module")
def whole(spark: SparkSession) -> str:
    return digest(make_frame(spark, ROWS), CONTRACT)


def test_the_order_of_rows_and_of_entries_does_not_matter(spark: SparkSession, whole: str) -> None:
    turned = [{**row, "counts": row["counts"] and dict(reversed(row["counts"].items()))} for row in reversed(ROWS)]
    assert digest(make_frame(spark, turned).repartition(3), CONTRACT) == whole


def test_what_differs_from_run_to_run_is_left_out(spark: SparkSession, whole: str) -> None:
    assert digest(make_frame(spark, [{**row, "seconds": 9.0} for row in ROWS]), CONTRACT) == whole


@pytest.mark.parametrize(
    "change", [{"key": "d"}, {"size": 1.25}, {"size": None}, {"marks": ["y", "x"]}, {"counts": {"one": 1}}, {"counts": None}]
)
def test_every_other_value_matters(spark: SparkSession, whole: str, change: dict[str, Any]) -> None:
    assert digest(make_frame(spark, [{**ROWS[0], **change}, *ROWS[1:]]), CONTRACT) != whole


def test_how_often_a_row_is_there_matters(spark: SparkSession, whole: str) -> None:
    found = {digest(make_frame(spark, rows), CONTRACT) for rows in (ROWS[:2], [*ROWS, ROWS[0]], [*ROWS, ROWS[0], ROWS[0]])}
    assert len({whole, *found}) == 4


def test_no_rows_have_a_digest_too(spark: SparkSession) -> None:
    assert digest(make_frame(spark, []), CONTRACT) == "0" * 16
