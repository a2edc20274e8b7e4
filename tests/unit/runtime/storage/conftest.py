"""A catalog of a cluster, in a schema of its own, and a table whose versions are of the past."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import SparkSession
from tests.unit.runtime.storage.aged import Aged

if TYPE_CHECKING:
    from resonance.runtime.storage.spark_catalog import SparkCatalog


@pytest.fixture
def cluster(spark: SparkSession, tmp_path: Path) -> Iterator[SparkCatalog]:
    """The catalog of a cluster, whose tables lie below a folder of the test."""
    from resonance.runtime.storage.spark_catalog import SparkCatalog

    schema = f"s{uuid.uuid4().hex}"
    spark.sql(f"CREATE SCHEMA {schema} LOCATION '{tmp_path / schema}'")
    yield SparkCatalog(spark, schema)
    spark.sql(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def aged(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aged:
    return Aged(spark, tmp_path, monkeypatch)
