"""Counts what queries read: the rows that they take from a frame, and the columns of the files that a plan scans."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from resonance.core.frames import map_batches

SCANS = (r"FileScan parquet \[(.*?)\]", r"DataSourceExec: .*?projection=\[(.*?)\], file_type=parquet")
"""Where plans name the columns of a scan of files: those of Spark, then those of the embedded engine."""


@dataclass(frozen=True)
class ScanCounter:
    """Counts the rows that queries read of the frames that it watches, in whatever process they are read.

    Args:
        folder: where counts are kept, one file for each part of a pass.
    """

    folder: Path

    def watch(self, rows: DataFrame) -> DataFrame:
        """The same rows; every query counts those that it takes of them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return map_batches(rows, _Count(str(self.folder)), rows.schema)

    def rows(self) -> int:
        """The rows that were read so far."""
        return sum(int(path.read_text(encoding="utf-8")) for path in self.folder.glob("*.rows"))


@dataclass(frozen=True)
class _Count:
    folder: str

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The same batches; their rows are written down when no more of them are asked for."""
        rows = 0
        try:
            for batch in batches:
                rows += batch.num_rows
                yield batch
        finally:
            Path(self.folder, f"{uuid.uuid4().hex}.rows").write_text(str(rows), encoding="utf-8")


def find_scans(rows: DataFrame) -> list[set[str]]:
    """The columns that each scan of Parquet files reads when ``rows`` are computed, as the engine's plan says."""
    plan = io.StringIO()
    with redirect_stdout(plan):
        rows.explain()
    return [_find_names(columns) for pattern in SCANS for columns in re.findall(pattern, plan.getvalue())]


def _find_names(columns: str) -> set[str]:
    """Columns of a list such as ``id#5L,text#6`` or ``id, text@1 as #8``; what an expression over columns reads counts too."""
    found: set[str] = set()
    for part in map(str.strip, columns.split(",")):
        found |= set(re.findall(r"(\w+)[#@]\d", part)) or ({part} if part.isidentifier() else set())
    return found
