"""Numbers from hashes: uniform, strictly inside (0, 1), and independent between purposes."""

from __future__ import annotations

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy import stats

from resonance.core.chance import hash_columns, uniform


def test_the_ends_are_never_reached(spark: SparkSession) -> None:
    edges = spark.createDataFrame([(0,), (-1,), (2**63 - 1,), (-(2**63),)], "h bigint")
    low, high, middle, half = (row["u"] for row in edges.select(uniform(F.col("h")).alias("u")).collect())
    assert low == 0.5 / 2**52
    assert high == 1 - 0.5 / 2**52
    assert middle < 0.5 < half


def test_numbers_are_uniform_and_purposes_independent(spark: SparkSession) -> None:
    ids = spark.range(20_000).select(F.unhex(F.substring(F.sha2(F.col("id").cast("string"), 256), 1, 32)).alias("doc_id"))
    columns = [
        uniform(hash_columns(["doc_id"], 7)),
        uniform(hash_columns(["doc_id"], 7, "heldout")),
        uniform(hash_columns(["doc_id"], 8)),
    ]
    numbers = np.array(ids.select(*(column.alias(f"u{i}") for i, column in enumerate(columns))).collect())
    for column in numbers.T:
        assert stats.kstest(column, "uniform").pvalue > 0.001
    correlation = np.corrcoef(numbers.T)
    assert np.abs(correlation - np.eye(3)).max() < 0.03
