"""A table whose versions were written at times of the past, and the files that its log says they need."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.runtime.storage import folder as storage
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import DOCUMENTS
from resonance.testing import documents_frame, folder_catalog


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


class Aged:
    """A table whose versions were written at times of the past: one row a batch, each write another text."""

    def __init__(self, spark: SparkSession, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.catalog: FolderCatalog = folder_catalog(spark, home)
        self.home = home / "documents"
        self.times: list[float] = []
        self.texts: list[dict[str, str]] = []
        self._spark = spark
        self._patch = monkeypatch

    def write(self, hours: float, batch: str = "main") -> None:
        """Replace one batch, as if it were that long ago."""
        moment = time.time() - 3600 * hours
        before = {path for path in self.home.rglob("*") if path.is_file()}
        text = f"version {len(self.times)}"
        rows = documents_frame(self._spark, [(batch, "s/x", text)]).withColumn("batch", F.lit(batch))
        with self._patch.context() as patch:
            patch.setattr(storage, "time", SimpleNamespace(time=lambda: moment))
            self.catalog.write(DOCUMENTS, rows, {"batch": batch}, {})
        for path in {path for path in self.home.rglob("*") if path.is_file()} - before:
            os.utime(path, (moment, moment))
        self.times.append(moment)
        self.texts.append({**(self.texts[-1] if self.texts else {}), batch: text})

    def read(self, at: int) -> dict[str, str]:
        return {row["batch"]: row["text"] for row in self.catalog.read(DOCUMENTS, at=at).collect()}

    def files(self) -> set[str]:
        """The data files on disk."""
        return {path.relative_to(self.home).as_posix() for path in self.home.rglob("*.parquet") if "_delta_log" not in path.parts}

    def live(self) -> list[set[str]]:
        """The files of each version, from the log as the protocol defines it."""
        found: list[set[str]] = []
        for path in sorted((self.home / "_delta_log").glob("*.json")):
            files = set(found[-1]) if found else set()
            for action in map(json.loads, path.read_text().splitlines()):
                files |= {action["add"]["path"]} if "add" in action else set()
                files -= {action["remove"]["path"]} if "remove" in action else set()
            found.append(files)
        return found

    def needed(self, since: datetime) -> set[str]:
        """The files of all versions that were current at ``since`` or later, by the times at which the next ones were written."""
        ends = [*self.times[1:], float("inf")]
        live = self.live()
        kept = {file for files, end in zip(live, ends, strict=False) if end > since.timestamp() for file in files}
        return kept | {file for files in live[len(self.times) :] for file in files}
