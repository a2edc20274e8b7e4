"""Pictures of large corpora are drawn from part of the documents, and say so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from resonance.core.settings import ReportSettings
from resonance.report.facts import Facts
from resonance.report.sample import SAMPLE, sampled, told
from resonance.report.sections.signals import signals


@pytest.mark.parametrize(("documents", "looked_at"), [(0, 4096), (SAMPLE, 4096), (2 * SAMPLE, 2048), (10_000 * SAMPLE, 1)])
def test_the_share_of_buckets_falls_as_documents_grow(spark: SparkSession, documents: int, looked_at: int) -> None:
    buckets = spark.range(4096).selectExpr("cast(id AS int) AS bucket")
    assert buckets.where(sampled(documents)).count() == looked_at


def test_readers_are_told(made: Callable[..., Facts]) -> None:
    assert told(SAMPLE) == ""
    section = signals(made(rows={"documents": 94_144}), ReportSettings())
    assert section is not None
    assert section.text[-1] == "Drawn from about 20,000 of 94,144 documents."
