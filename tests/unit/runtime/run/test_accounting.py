"""Rows of a small and of a large table are counted alike."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from resonance.core.table import Commit
from resonance.runtime import resources
from resonance.runtime.run import accounting
from resonance.runtime.run.accounting import Files, count_files
from resonance.tables import FILES, REJECTS
from resonance.testing.memory import MemoryCatalog


def make_file(path: str, batch: str, state: str, opened: bool) -> dict[str, Any]:
    row = {"batch": batch, "path": path, "name": path, "size": 1, "modified": 0, "sha256": None}
    return row | {"rows": 1, "rejects": 0, "state": state, "renamed_from": None, "by_name": False, "opened": opened}


@pytest.mark.parametrize("few", [0, 100_000])
def test_files_that_were_opened_are_counted_with_and_without_an_engine(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(accounting, "FEW", few)
    catalog = MemoryCatalog(spark)
    schema = resources.contract(FILES).schema
    states = [("present", True), ("present", False), ("present", True), ("deleted", True)]
    rows = [make_file(f"f{at}", "main", state, opened) for at, (state, opened) in enumerate(states)]
    other = make_file("g", "other", "present", True)
    for batch, held in (("main", rows), ("other", [other])):
        commit = catalog.write(FILES, spark.createDataFrame(held, schema), {"batch": batch}, {})
    assert isinstance(commit, Commit)
    assert count_files(catalog, {"batch": "main"}, {FILES: commit}) == Files(2, 3)
    assert count_files(catalog, {"batch": "main"}, {}) is None
    assert count_files(catalog, {"batch": "main"}, {REJECTS: commit}) is None
