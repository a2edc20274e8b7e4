"""Which files are read again: by size and time, by hash, and by what hangs on a file's name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from resonance.core.sources import File, find_files
from resonance.curate.sources import changes
from resonance.curate.sources.changes import Entry, compare_files, find_deleted, hash_inputs
from resonance.curate.sources.row import BATCH_BYTES, BATCH_ROWS, arrow_schema

HASHED: list[str] = []


def file(name: str, size: int = 3, modified: int = 7) -> File:
    return File(f"/data/{name}", name, f"data/{name}", size, modified, "jsonl", "")


def known(name: str, sha256: str | None = "h", **more: Any) -> dict[str, Any]:
    own = {"path": f"data/{name}", "name": name, "size": 3, "modified": 7, "sha256": sha256, "state": "present", "by_name": False}
    return own | more


def compare(files: Sequence[File], rows: Sequence[dict[str, Any]], **hashes: str | None) -> list[Entry]:
    """Entries; ``hashes`` by stem, else the hash is h. What was hashed stands in ``HASHED``."""

    def hash_files(given: Sequence[File]) -> dict[str, str | None]:
        HASHED[:] = [one.name for one in given]
        return {one.shown: hashes.get(one.name.partition(".")[0].rpartition("/")[2], "h") for one in given}

    return compare_files(files, rows, hash_files)


def test_a_file_of_the_same_size_and_time_is_not_hashed() -> None:
    (entry,) = compare([file("a.jsonl")], [known("a.jsonl", "old")], a="new")
    assert (entry.was, entry.sha256, HASHED) == ("data/a.jsonl", "old", [])


@pytest.mark.parametrize("changed", [{"size": 4}, {"modified": 8}])
def test_another_size_or_time_is_hashed_and_equal_bytes_are_not_read(changed: dict[str, int]) -> None:
    (entry,) = compare([file("a.jsonl", **changed)], [known("a.jsonl")])
    assert (entry.was, HASHED) == ("data/a.jsonl", ["a.jsonl"])
    (entry,) = compare([file("a.jsonl", **changed)], [known("a.jsonl")], a="new")
    assert (entry.was, entry.sha256, entry.renamed_from) == (None, "new", None)


def test_a_new_file_and_one_that_cannot_be_hashed_are_read() -> None:
    new, odd = compare([file("new.jsonl"), file("odd.jsonl", 9)], [known("odd.jsonl", None)], new="n", odd=None)
    assert new.was is odd.was is odd.sha256 is None


@pytest.mark.parametrize(
    ("name", "by_name", "was"),
    [
        ("b.jsonl", False, "data/a.jsonl"),
        ("b.jsonl", True, None),
        ("sub/a.jsonl", False, None),
        ("b.txt", False, None),
        ("b.jsonl.gz", False, None),
    ],
)
def test_a_renamed_file_is_read_where_ids_slices_or_format_hang_on_its_name(name: str, by_name: bool, was: str | None) -> None:
    rows = [known("a.jsonl", by_name=by_name)]
    (entry,) = compare([file(name)], rows)
    assert entry.was == was
    seen = name.endswith("jsonl")
    assert entry.renamed_from == ("data/a.jsonl" if seen else None)
    assert find_deleted([entry], rows) == ([] if seen else rows)


def test_a_copy_is_no_renamed_file_and_one_file_is_renamed_once() -> None:
    rows = [known("a.jsonl")]
    a, b = compare([file("a.jsonl"), file("b.jsonl")], rows)
    assert (a.was, b.was, b.renamed_from) == ("data/a.jsonl", None, None)
    b, c = compare([file("b.jsonl"), file("c.jsonl")], rows)
    assert (b.renamed_from, c.renamed_from) == ("data/a.jsonl", None)
    first, second = compare([file("x.jsonl"), file("y.jsonl")], [known("b.jsonl"), known("a.jsonl")])
    assert (first.was, second.was) == ("data/a.jsonl", "data/b.jsonl")


def test_what_is_gone_stays_listed_until_it_is_back() -> None:
    rows = [known("a.jsonl"), known("b.jsonl", state="deleted")]
    assert find_deleted(compare([file("c.jsonl")], rows, c="c"), rows) == rows
    back = compare([file("a.jsonl"), file("b.jsonl")], rows)
    assert [entry.was for entry in back] == ["data/a.jsonl", None]
    assert find_deleted(back, rows) == []


def test_the_same_path_below_another_input_has_another_name() -> None:
    rows = [known("a.jsonl") | {"path": "data/sub/a.jsonl"}]
    moved = File("/data/sub/a.jsonl", "sub/a.jsonl", "data/sub/a.jsonl", 3, 7, "jsonl", "")
    (entry,) = compare([moved], rows)
    assert (entry.was, HASHED) == (None, ["sub/a.jsonl"])


@pytest.mark.parametrize("at_once", [0, changes.AT_ONCE])
def test_hashes_are_those_of_the_bytes(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(changes, "AT_ONCE", at_once)
    for number in range(20):
        (tmp_path / f"{number} %é#.txt").write_bytes(bytes([number]) * number * 1000)
    found = hash_inputs(spark, find_files([str(tmp_path)]))
    assert found == {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    gone = File(str(tmp_path / "gone"), "gone", "gone", 1, 1, "text", "")
    assert hash_inputs(spark, [gone]) == {"gone": None}
    assert hash_inputs(spark, []) == {}


def test_hashes_of_small_files_come_together_and_that_of_a_large_one_at_once() -> None:
    rows = [{"path": str(number), "place": "/nowhere", "size": 1} for number in range(BATCH_ROWS + 1)]
    rows += [{"path": "large", "place": "/nowhere", "size": BATCH_BYTES}, {"path": "last", "place": "/nowhere", "size": 1}]
    made = list(changes._hash_batches([pa.RecordBatch.from_pylist(rows, arrow_schema(changes.TO_HASH))]))
    assert [batch.num_rows for batch in made] == [BATCH_ROWS, 2, 1]
    assert [path for batch in made for path in batch.column("path").to_pylist()] == [row["path"] for row in rows]
