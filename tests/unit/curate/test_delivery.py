"""What a second run of a folder opens, and what it says of files and documents that went."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core import frames
from resonance.core.job import Turn
from resonance.core.settings import CleanSettings, IngestSettings, ScoreSettings, TaskSettings
from resonance.curate.ingest import ingest
from resonance.curate.one_pass import ingest_and_clean
from resonance.runtime.resources import contract
from resonance.tables import FILES, RAW, REJECTS, UNUSED_ROWS, WITHDRAWN
from resonance.testing import hold

Checkpoint = Callable[[DataFrame, str], DataFrame]
Rows = dict[str, DataFrame]
OPENED: list[str] = []
"""Files that this process opened while ``watched``."""
WATCHED: list[bool] = []


def note_opened(event: str, given: tuple[Any, ...]) -> None:
    if WATCHED and event == "open":
        OPENED.append(str(given[0]))


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Paths of files that are opened from now on; kernels run in this process."""
    monkeypatch.setattr(frames, "carry", frames.run_here)
    sys.addaudithook(note_opened)
    OPENED.clear()
    WATCHED.append(True)
    yield OPENED
    WATCHED.clear()


def read(spark: SparkSession, checkpoint: Checkpoint, folder: Path, left: Rows | None, **more: object) -> Rows:
    settings = IngestSettings.model_validate({"inputs": (str(folder),), "min_slice_documents": 1, **more})
    own = {"cleaning": CleanSettings(), "task": TaskSettings(), "turn": Turn("b"), "spark": spark, "checkpoint": checkpoint}
    found = ingest(settings=settings, **own, left=left)
    tables = (RAW, REJECTS, FILES, UNUSED_ROWS, WITHDRAWN)
    return {table.name: hold(contract(table).conform(rows)) for table, rows in zip(tables, found, strict=True)}


def write_rows(path: Path, *rows: dict[str, object]) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.engine("embedded")  # whose kernels this process can run itself
def test_of_a_thousand_files_those_that_changed_are_opened(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, watched: list[str]
) -> None:
    paths = [tmp_path / f"{n % 10}" / f"{n:04d}.jsonl" for n in range(1_000)]
    for n, path in enumerate(paths):
        write_rows(path, {"text": f"text {n}"}, {"id": n, "text": f"more {n}"})

    def list_opened() -> set[str]:
        found = {path for path in watched if path.endswith(".jsonl")}
        watched.clear()
        return found

    first = read(spark, checkpoint, tmp_path, None)
    assert list_opened() == {str(path) for path in paths}
    changed = paths[::100]
    for path in changed:
        write_rows(path, {"text": "another text"})
    for path in paths[1:600:100]:
        os.utime(path, (1, 1))  # written again, as it was
    second = read(spark, checkpoint, tmp_path, first)
    assert list_opened() == {str(path) for path in (*changed, *paths[1:600:100])}, "what was touched is hashed"
    assert {row["path"] for row in second["files"].where("opened").collect()} == {str(path) for path in changed}
    assert second["raw"].count() == 2 * 990 + 10
    read(spark, checkpoint, tmp_path, second)
    assert list_opened() == set()


def test_of_files_that_are_gone_the_documents_are_listed_until_they_are_back(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    write_rows(tmp_path / "a.jsonl", {"id": "a1", "text": "one"}, {"id": "a2", "text": "two"})
    write_rows(tmp_path / "b.jsonl", {"id": "b1", "text": "three"}, {"nothing": 1})
    left = read(spark, checkpoint, tmp_path, None)
    assert left["withdrawn"].count() == 0
    (tmp_path / "b.jsonl").unlink()
    write_rows(tmp_path / "a.jsonl", {"id": "a2", "text": "two"})
    left = read(spark, checkpoint, tmp_path, left)
    found = left["withdrawn"].orderBy("source_key").collect()
    assert [(row["source_key"], row["reason"], row["line"]) for row in found] == [("a1", "row_gone", 1), ("b1", "file_deleted", 1)]
    states = {Path(row["path"]).name: (row["state"], row["rows"], row["rejects"]) for row in left["files"].collect()}
    assert states == {"a.jsonl": ("present", 1, 0), "b.jsonl": ("deleted", 2, 1)}
    assert left["rejects"].count() == left["unused_rows"].count() == 0
    left = read(spark, checkpoint, tmp_path, left)
    assert [row["source_key"] for row in left["withdrawn"].orderBy("source_key").collect()] == ["a1", "b1"], "still"
    write_rows(tmp_path / "c.jsonl", {"id": "b1", "text": "three"})
    left = read(spark, checkpoint, tmp_path, left)
    assert [row["source_key"] for row in left["withdrawn"].collect()] == ["a1"]


def test_a_table_that_comes_later_and_lacks_the_column_costs_its_own_rows(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    write_rows(tmp_path / "a.jsonl", {"text": "one"})
    left = read(spark, checkpoint, tmp_path, None)
    (tmp_path / "b.csv").write_text("k,v\n1,2\n")
    left = read(spark, checkpoint, tmp_path, left)
    assert [row["text"] for row in left["raw"].collect()] == ["one"]
    assert [(row["rule"], Path(row["path"]).name) for row in left["rejects"].collect()] == [("missing_text", "b.csv:2")]


def test_a_renamed_file_is_taken_over_or_read_as_its_ids_ask(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    write_rows(tmp_path / "own.jsonl", {"id": 1, "text": "one"}, {"body": "no text"})
    write_rows(tmp_path / "named.jsonl", {"text": "two"})
    left = read(spark, checkpoint, tmp_path, None)
    (tmp_path / "own.jsonl").rename(tmp_path / "new-own.jsonl")
    (tmp_path / "named.jsonl").rename(tmp_path / "new-named.jsonl")
    left = read(spark, checkpoint, tmp_path, left)
    files = {Path(row["path"]).name: row for row in left["files"].collect()}
    assert {name: row["opened"] for name, row in files.items()} == {"new-own.jsonl": False, "new-named.jsonl": True}
    assert {Path(row["renamed_from"]).name for row in files.values()} == {"own.jsonl", "named.jsonl"}
    assert {Path(row["path"]).name for row in left["raw"].collect()} == set(files)
    assert [row["path"] for row in left["rejects"].collect()] == [f"{tmp_path}/new-own.jsonl:2"]
    assert [row["source_key"] for row in left["withdrawn"].collect()] == ["b/named.jsonl:1"]


def test_a_row_that_was_the_second_of_its_key_is_read_when_the_first_goes(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        write_rows(tmp_path / f"{name}.jsonl", {"id": 1, "text": f"text {name}"}, {"id": name, "text": name})
    left = read(spark, checkpoint, tmp_path, None)
    (first,) = left["raw"].where("source_key = '1'").collect()
    Path(first["path"]).unlink()
    again = read(spark, checkpoint, tmp_path, left)
    assert again["files"].where("opened").count() == 2
    fresh = read(spark, checkpoint, tmp_path, None)
    for name in ("raw", "rejects", "unused_rows"):
        assert sorted(map(repr, again[name].collect())) == sorted(map(repr, fresh[name].collect()))
    write_rows(tmp_path / "d.jsonl", {"id": 1, "text": "text d"})
    assert read(spark, checkpoint, tmp_path, again)["files"].where("opened").count() == 1, "a new row makes no other one stay"


def test_without_texts_only_deletions_are_left_to_do(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    write_rows(tmp_path / "a.jsonl", {"id": 1, "text": "It ends here and now."})
    write_rows(tmp_path / "b.jsonl", {"id": 2, "text": "Another one of these."}, {"id": 3, "text": " "})
    own: dict[str, Any] = {"cleaning": CleanSettings(), "quality": ScoreSettings(), "task": TaskSettings(), "turn": Turn("b")}
    own |= {"settings": IngestSettings(inputs=(str(tmp_path),)), "spark": spark, "checkpoint": checkpoint}

    def run(left: Rows | None) -> Rows:
        raw, documents, signals, quality, edits, spans, rejects, *books = ingest_and_clean(**own, left=left)
        made = {"raw": raw, "documents": documents, "signals_basics": signals["basics"], "signals_quality": quality}
        books_of = dict(zip(("files", "unused_rows", "withdrawn"), books, strict=True))
        return {
            name: hold(rows)
            for name, rows in {**made, "edits": edits, "privacy_spans": spans, "rejects": rejects, **books_of}.items()
        }

    left = run(None)
    assert [row["rule"] for row in left["rejects"].collect()] == ["empty"]
    (tmp_path / "b.jsonl").unlink()
    left = run(left)
    assert [row["source_key"] for row in left["documents"].collect()] == ["1"]
    assert left["rejects"].count() == 0
    assert left["signals_basics"].count() == left["signals_quality"].count() == 1
