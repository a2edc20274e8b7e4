"""Bootstrap weights: Poisson(1) counts that belong to a document and a replicate."""

from __future__ import annotations

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy import stats

from resonance.benchmark.bootstrap import STEPS, draw_poisson, resample_documents


def test_the_steps_are_the_poisson_distribution() -> None:
    assert np.allclose(STEPS, stats.poisson.cdf(range(16), 1), atol=1e-15)


def test_a_quantile_becomes_its_count(spark: SparkSession) -> None:
    u = np.random.default_rng(1).uniform(size=500)
    rows = spark.createDataFrame([(float(x),) for x in u], "u double").select("u", draw_poisson(F.col("u")).alias("w")).collect()
    assert all(row["w"] == stats.poisson.ppf(row["u"], 1) for row in rows)


def test_weights_are_poisson_and_independent_of_rows_and_partitions(spark: SparkSession) -> None:
    documents = spark.range(300).select(F.unhex(F.substring(F.sha2(F.col("id").cast("string"), 256), 1, 32)).alias("doc_id"), "id")
    rows = resample_documents(documents.where("id < 200"), replicates=40, seed=3).orderBy("id", "replicate").collect()
    weights = np.array([row["w"] for row in rows]).reshape(200, 41)
    assert (weights[:, 0] == 1).all()
    counts = weights[:, 1:].ravel()
    expected = np.append(stats.poisson.pmf(range(4), 1), stats.poisson.sf(3, 1)) * counts.size
    assert stats.chisquare([*(np.sum(counts == k) for k in range(4)), np.sum(counts > 3)], expected).pvalue > 0.001
    assert np.abs(np.corrcoef(weights[:, 1:].T) - np.eye(40)).max() < 0.35
    again = (
        resample_documents(documents.repartition(7), replicates=40, seed=3).where("id < 200").orderBy("id", "replicate").collect()
    )
    assert again == rows
