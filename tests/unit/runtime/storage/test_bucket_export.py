"""An export in a bucket takes the place of nothing but an earlier one; until it is whole the earlier one stays."""

from __future__ import annotations

import json
from typing import Any

import obstore
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore
from pyspark.sql import SparkSession

from resonance.core import objects
from resonance.core.errors import BusyError, InputError, StorageError
from resonance.core.objects import open_object
from resonance.core.sources import find_files
from resonance.runtime.storage import bucket_export
from resonance.runtime.storage.bucket_export import STAGED, BucketExport
from resonance.runtime.storage.export import MADE_BY, MANIFEST, check_target, export_documents
from resonance.tables import DOCUMENTS
from resonance.testing import MemoryCatalog, documents_frame

pytestmark = pytest.mark.engine("embedded")  # small work stays in this process, where the bucket is
ROWS = [("a", "s/x", "first text"), ("b", "s/x", 'second "text"\n of 数据'), ("c", "s/y", "third text")]
TARGET = "s3://texts/out/one"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    held = MemoryStore()
    monkeypatch.setattr(objects, "open_store", lambda bucket: held)
    return held


def export(spark: SparkSession, rows: list[tuple[str, str, str]], format: Any = "jsonl") -> int:
    filled = MemoryCatalog(spark)
    filled.write(DOCUMENTS, documents_frame(spark, rows or ROWS).limit(len(rows)), {"batch": "main"}, {})
    return export_documents(filled, TARGET, format)


def names(store: MemoryStore) -> list[str]:
    return sorted(about["path"].removeprefix("out/one/") for page in obstore.list(store, "out/one") for about in page)


def parts(store: MemoryStore, format: str) -> list[str]:
    """The parts of an export; nothing else lies there but its manifest, which says that it is whole."""
    found = names(store)
    manifest = json.loads(bytes(obstore.get(store, f"out/one/{MANIFEST}").bytes()))
    assert found == sorted([MANIFEST, *manifest["files"]])
    assert manifest["whole"]
    assert all(name.startswith("part-0000") and name.endswith(f".{format}") for name in manifest["files"])
    return sorted(manifest["files"])


def texts(store: MemoryStore) -> list[str]:
    held = (bytes(obstore.get(store, f"out/one/{name}").bytes()).decode() for name in parts(store, "jsonl"))
    return sorted(json.loads(line)["text"] for content in held for line in content.splitlines())


def test_each_format_takes_the_place_of_the_other(spark: SparkSession, store: MemoryStore) -> None:
    assert export(spark, ROWS) == 3
    assert texts(store) == sorted(text for _, _, text in ROWS)
    assert [file.format for file in find_files([TARGET])] == ["jsonl"] * len(parts(store, "jsonl"))
    assert export(spark, ROWS[:2], "parquet") == 2
    rows = [row for name in parts(store, "parquet") for row in pq.read_table(open_object(f"{TARGET}/{name}")).to_pylist()]
    assert sorted(row["text"] for row in rows) == sorted(text for _, _, text in ROWS[:2])
    assert export(spark, ROWS[:1]) == 1
    assert texts(store) == ["first text"]


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_no_rows_are_an_export_too(spark: SparkSession, store: MemoryStore, format: str) -> None:
    assert export(spark, [], format) == 0
    (part,) = parts(store, format)
    if format == "parquet":
        assert pq.read_table(open_object(f"{TARGET}/{part}")).column_names == ["id", "text", "resonance"]


def test_what_breaks_off_leaves_the_earlier_export_and_the_next_one_mends_it(
    spark: SparkSession, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(spark, ROWS[:1])
    before = parts(store, "jsonl")

    def fail(*_: Any) -> None:
        raise StorageError("no answer")

    for name in ("put_object", "copy_object", "remove_objects"):
        with monkeypatch.context() as patched:
            patched.setattr(bucket_export, name, fail)
            with pytest.raises(StorageError, match="no answer"):
                export(spark, ROWS)
        assert set(before) <= set(names(store)), name
    assert export(spark, ROWS) == 3
    assert texts(store) == sorted(text for _, _, text in ROWS)


def test_the_second_of_two_at_the_same_time_is_refused(spark: SparkSession, store: MemoryStore) -> None:
    for _ in range(2):  # where none is there, and where one is
        slow = BucketExport.begin(TARGET, MANIFEST, MADE_BY)
        obstore.put(store, f"{slow.folder.removeprefix('s3://texts/')}/x", b"slow")
        export(spark, ROWS)
        with pytest.raises(BusyError, match="another process exports to s3://texts/out/one"):
            slow.publish(["x"], "jsonl")
        slow.clear()
        assert texts(store) == sorted(text for _, _, text in ROWS)


def test_staged_parts_of_a_process_that_died_go_after_a_day(spark: SparkSession, store: MemoryStore) -> None:
    obstore.put(store, f"out/one/{STAGED}0f/x", b"left")
    export(spark, ROWS)
    assert f"{STAGED}0f/x" in names(store), "its process may be writing"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bucket_export, "DAY", -1)
        export(spark, ROWS)
    assert texts(store) == sorted(text for _, _, text in ROWS)


@pytest.mark.parametrize("name", ["notes.txt", "part-00000.jsonl", "sub/part-00000.jsonl", MANIFEST])
def test_what_is_no_export_of_ours_is_never_touched(store: MemoryStore, name: str) -> None:
    obstore.put(store, f"out/one/{name}", b"{}")
    with pytest.raises(InputError, match=f"holds '{name}', which is not as an export left it"):
        check_target(TARGET, "jsonl", (), "/nowhere/ws")


def test_a_part_that_was_changed_is_not_ours(spark: SparkSession, store: MemoryStore) -> None:
    export(spark, ROWS)
    check_target(TARGET, "jsonl", (), "/nowhere/ws")
    obstore.put(store, f"out/one/{parts(store, 'jsonl')[0]}", b"changed")
    with pytest.raises(InputError, match="holds 'part-00000"):
        check_target(TARGET, "jsonl", (), "/nowhere/ws")


@pytest.mark.parametrize(
    ("target", "inputs", "tables", "says"),
    [
        ("s3://texts", (), "", "s3://texts is a whole bucket"),
        (TARGET, ("s3://texts/out",), "", "lies among the inputs"),
        (TARGET, ("s3a://texts/out/one/a.jsonl",), "", "lies among the inputs"),
        (TARGET, (), "s3a://texts/out", "lies among the tables"),
        (TARGET, (), "s3://texts/out/one/tables", "lies among the tables"),
        ("hdfs://node/out", (), "hdfs://node/out/tables", "lies among the tables"),
    ],
)
def test_an_export_lies_neither_among_inputs_nor_among_tables(
    store: MemoryStore, target: str, inputs: tuple[str, ...], tables: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        check_target(target, "jsonl", inputs, "/nowhere/ws", tables)
    check_target(TARGET, "jsonl", ("s3://texts/in", "/a/folder"), "/nowhere/ws", "s3://texts/tables")
