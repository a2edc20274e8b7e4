"""A catalog of a cluster, in a schema of its own, and a table whose versions are of the past."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import SparkSession
from tests.unit.runtime.storage.aged import Aged

if TYPE_CHECKING:
    from resonance.runtime.storage.spark_catalog import SparkCatalog


@contextmanager
def open_schema(spark: SparkSession, folder: Path, catalog: str = "") -> Iterator[SparkCatalog]:
    """A schema whose tables lie below a folder; their names begin with that of the catalog, where one is given."""
    from resonance.runtime.storage.spark_catalog import SparkCatalog
    from resonance.runtime.storage.table_names import SchemaNames

    schema = f"s{uuid.uuid4().hex}"
    spark.sql(f"CREATE SCHEMA {schema} LOCATION '{folder / schema}'")
    yield SparkCatalog(spark, SchemaNames(f"{catalog}{schema}"))
    spark.sql(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def cluster(spark: SparkSession, tmp_path: Path) -> Iterator[SparkCatalog]:
    """The catalog of a cluster, whose tables have names of two parts."""
    with open_schema(spark, tmp_path) as catalog:
        yield catalog


@pytest.fixture
def unity(spark: SparkSession, tmp_path: Path) -> Iterator[SparkCatalog]:
    """One whose tables have names of three parts, as those of Unity Catalog have."""
    with open_schema(spark, tmp_path, "spark_catalog.") as catalog:
        yield catalog


@pytest.fixture
def addressed(spark: SparkSession, tmp_path: Path) -> SparkCatalog:
    """One whose tables no catalog of Spark knows: they lie below an address, here a folder of the test."""
    from resonance.runtime.storage.spark_catalog import SparkCatalog
    from resonance.runtime.storage.table_names import AddressNames

    return SparkCatalog(spark, AddressNames(str(tmp_path / "addressed")))


@pytest.fixture(params=["cluster", "unity", "addressed"])
def by_spark(request: pytest.FixtureRequest) -> SparkCatalog:
    """Each of these, where tests are of a cluster alone."""
    found: SparkCatalog = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def aged(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aged:
    return Aged(spark, tmp_path, monkeypatch)
