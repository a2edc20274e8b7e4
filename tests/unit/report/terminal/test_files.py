"""What is said of files: counts by batch, those with something to say first, and documents that went; nothing steers a terminal."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from resonance.app import View
from resonance.core.errors import ResonanceError
from resonance.report.terminal.files import SHOWN, describe_files
from resonance.runtime.resources import contract
from resonance.tables import FILES, WITHDRAWN


def describe(spark: SparkSession, files: list[dict[str, object]], gone: list[dict[str, object]]) -> str:
    usual = {
        "batch": "main",
        "size": 1,
        "modified": 1,
        "sha256": "h",
        "rows": 2,
        "rejects": 1,
        "state": "present",
        "by_name": False,
    }
    schema = contract(FILES).schema
    full = [usual | {"renamed_from": None, "opened": False} | {"name": row["path"]} | row for row in files]
    left = {"batch": "main", "bucket": 1, "source": "files", "slice": "s", "line": 1, "reason": "file_deleted"}
    frames = {
        "files": spark.createDataFrame([tuple(row[name] for name in schema.names) for row in full], schema),
        "withdrawn": spark.createDataFrame(
            [tuple((left | row)[name] for name in contract(WITHDRAWN).schema.names) for row in gone], contract(WITHDRAWN).schema
        ),
    }
    return str(View(tuple(describe_files(frames))))


def test_counts_and_what_changed_come_first(spark: SparkSession) -> None:
    files: list[dict[str, object]] = [{"path": f"{n:03d}.jsonl"} for n in range(SHOWN + 3)]
    files += [{"path": "new.jsonl", "opened": True}, {"path": "moved.jsonl", "renamed_from": "was.jsonl"}]
    files += [{"path": "gone.jsonl", "state": "deleted"}, {"path": "x\x1b[31m.jsonl", "batch": "other", "opened": True, "rows": 5}]
    gone: list[dict[str, object]] = [
        {"doc_id": bytes(16), "source_key": "k\x1b", "path": "gone.jsonl"},
        {"doc_id": bytes(15) + b"\x01", "source_key": "l", "path": "000.jsonl", "reason": "row_gone"},
    ]
    said = describe(spark, files, gone)
    assert "batch main: 35 files with 70 rows, 35 of them cut by ingest" in said
    assert "the last run read 1 and took over the rows of 34 that had not changed; deleted files: 1; withdrawn documents: 2" in said
    assert "batch other: 1 files with 5 rows" in said
    places = [said.index(text) for text in ("│ deleted", "renamed from was.jsonl", "│ read ", "│ 000.jsonl")]
    assert places == sorted(places)
    assert "all stand in table files" in said
    assert "row gone" in said
    assert "\x1b" not in said


def test_sources_that_are_no_files_say_so(spark: SparkSession) -> None:
    with pytest.raises(ResonanceError, match="table files is empty"):
        describe(spark, [], [])
