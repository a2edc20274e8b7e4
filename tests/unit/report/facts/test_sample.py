"""Pictures of large corpora are drawn from part of the documents, and say so."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from resonance.report.facts.sample import SAMPLE, choose_sample, describe_sample


@pytest.mark.parametrize(("documents", "looked_at"), [(0, 4096), (SAMPLE, 4096), (2 * SAMPLE, 2048), (10_000 * SAMPLE, 1)])
def test_the_share_of_buckets_falls_as_documents_grow(spark: SparkSession, documents: int, looked_at: int) -> None:
    buckets = spark.range(4096).selectExpr("cast(id AS int) AS bucket")
    assert buckets.where(choose_sample(documents)).count() == looked_at


def test_only_a_sample_is_described() -> None:
    assert describe_sample(SAMPLE) == ""
    assert describe_sample(SAMPLE + 1) == "Drawn from about 20,000 of 20,001 documents."
