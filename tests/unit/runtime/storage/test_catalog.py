"""Tables keep what their contracts promise; writes replace one slice, appends happen once."""

from __future__ import annotations

import errno
import json
import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from pyspark.sql import functions as F
from tests.volumes import refuse_links

from resonance.core.errors import ContractError, StorageError
from resonance.core.frames import make_frame
from resonance.core.packages import name_software
from resonance.core.places import LocalFiles
from resonance.runtime import resources
from resonance.runtime.storage.folder import FolderCatalog
from resonance.runtime.storage.log import commit_actions, first_actions
from resonance.runtime.storage.notes import PROCESS, name_author
from resonance.tables import DOCUMENTS, EVALUATION_ITEMS, REJECTS, SIGNAL_EVENT, STEPS, TABLES, WRITING
from resonance.testing import MemoryCatalog, documents_frame, events_frame, folder_catalog

ROWS = [("a", "s/x", "first text"), ("b", "s/x", "second text"), ("c", "s/y", "third text")]
TRAINED = {"doc": 1, "phase": "train", "loss_sum": 4.0}


OF_SPARK = [pytest.param(name, marks=pytest.mark.engine("spark")) for name in ("cluster", "unity", "addressed")]


@pytest.fixture(params=["folder", "memory", *OF_SPARK])
def catalog(request, spark, tmp_path):
    """Each kind of catalog; those of a cluster need Spark."""
    if request.param in ("cluster", "unity", "addressed"):
        return request.getfixturevalue(request.param)
    return folder_catalog(spark, tmp_path / "tables") if request.param == "folder" else MemoryCatalog(spark)


@pytest.fixture
def folder(spark, tmp_path):
    return folder_catalog(spark, tmp_path)


def properties(home, table):
    return dict(DeltaTable(home / table.name).metadata().configuration)


def steps_row(run):
    """A row of ``steps``."""
    return {
        "run": run, "job": "j", "batch": "b", "round": 0, "arm": "plan", "rows_in": 1, "rows_out": 1, "rows_cut": 0,
        "cut_by_rule": {"x": 0}, "written": {"t": 1}, "read": {}, "seconds": 1.0,
        "finished_at": datetime(2026, 1, 2, 3, tzinfo=UTC), "made_of": {"a": "1"},
    }  # fmt: skip


def test_unwritten_table_reads_as_empty_frame_of_its_schema(catalog):
    assert catalog.read(DOCUMENTS).columns == [c.name for c in resources.contract(DOCUMENTS).columns]
    assert catalog.read(DOCUMENTS).count() == 0
    assert catalog.version(DOCUMENTS) is None


def test_times_of_small_tables_are_of_utc_whatever_the_zone_of_this_process(catalog, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert catalog.append(STEPS, [steps_row("r")], ("steps/r", 1), {}).rows == 1
        [row] = catalog.rows(STEPS)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (row["finished_at"], row["finished_at"].utcoffset()) == (steps_row("r")["finished_at"], timedelta(0))
    assert row["made_of"] == {"a": "1"}


def test_write_replaces_one_slice_and_leaves_the_other(catalog, spark):
    rows = documents_frame(spark, ROWS)
    catalog.write(DOCUMENTS, rows, {"batch": "main"}, {"job": "t"})
    catalog.write(DOCUMENTS, rows.limit(1).withColumn("batch", F.lit("other")), {"batch": "other"}, {})
    commit = catalog.write(DOCUMENTS, rows.where("source_key != 'a'"), {"batch": "main"}, {})
    assert commit.rows == 2
    assert catalog.read(DOCUMENTS).groupBy("batch").count().orderBy("batch").collect() == [("main", 2), ("other", 1)]
    assert catalog.read(DOCUMENTS, at=commit.version).count() == 3


def test_commits_are_signed_and_versions_are_counted(catalog, spark):
    assert catalog.history(DOCUMENTS) == []
    rows = documents_frame(spark, ROWS)
    catalog.write(DOCUMENTS, rows, {"batch": "main"}, {"job": "clean", "run": "r1", "reason": "clean: has not run yet"})
    last = catalog.write(DOCUMENTS, rows.limit(1), {"batch": "main"}, {"job": "clean"})
    first, second = (change for change in catalog.history(DOCUMENTS) if change.changes_rows)
    signed = {"author": name_author(), "code": name_software()}
    assert {**first.note, **signed, "run": "r1", "reason": "clean: has not run yet"} == dict(first.note)
    assert {**second.note, **signed, "run": PROCESS, "reason": "clean"} == dict(second.note), (
        "who names no run has that of the process"
    )
    assert [catalog.look_at(DOCUMENTS, version) for version in (first.version, last.version)] == [(3, 3), (1, 1)]
    assert second.version == last.version
    catalog.maintain(DOCUMENTS, None)
    unsigned = [change.note for change in catalog.history(DOCUMENTS) if not set(signed.items()) < set(change.note.items())]
    assert unsigned == [], "that of making the table, and of compacting its files, too"
    assert all(change.note["reason"] and change.note["run"] for change in catalog.history(DOCUMENTS))


def test_rows_outside_the_slice_are_refused(catalog, spark):
    with pytest.raises(ContractError, match="documents: rows lie outside the slice batch = 'x'"):
        catalog.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "x"}, {})


def test_a_slice_is_one_value_some_values_or_a_range(catalog, spark):
    odd = "it's \\ 50%"
    number = F.ascii("source_key") - F.lit(ord("a"))
    batch = F.when(F.col("source_key") == "a", F.lit(odd)).otherwise(F.col("source_key"))
    rows = documents_frame(spark, ROWS).withColumn("bucket", number).withColumn("batch", batch)
    leaves = (({"batch": odd}, "bc"), ({"batch": ("b", odd)}, "c"), ({"bucket": (1, 2)}, "a"), ({"bucket": 1, "batch": "b"}, "ac"))
    for slice, left in leaves:
        catalog.write(DOCUMENTS, rows, {"bucket": (0, 2)}, {})
        assert catalog.write(DOCUMENTS, rows.where("false"), slice, {}).rows == 0
        assert "".join(sorted(row["source_key"] for row in catalog.read(DOCUMENTS).collect())) == left


def test_null_and_broken_rule_are_refused_by_name(catalog, spark):
    rows = documents_frame(spark, ROWS)
    with pytest.raises(ContractError, match=r"rule bucket_in_range .* is broken"):
        catalog.write(DOCUMENTS, rows.withColumn("bucket", F.lit(4096)), {"batch": "main"}, {})
    with pytest.raises(ContractError, match="column text holds null"):
        catalog.write(DOCUMENTS, rows.withColumn("text", F.lit(None)), {"batch": "main"}, {})
    with pytest.raises(ContractError, match="missing columns \\['text'\\], unknown columns \\['words'\\]"):
        catalog.write(DOCUMENTS, rows.withColumnRenamed("text", "words"), {"batch": "main"}, {})
    assert catalog.read(DOCUMENTS).count() == 0


def test_append_happens_once_for_a_transaction(catalog, spark):
    values = ("r", "j", "b", 0, "plan", 1, 1, 0, {"x": 0}, {"t": 1}, {"t": 1}, 1.0, datetime.now(UTC), {}, None)
    row = spark.createDataFrame([values], resources.contract(STEPS).schema)
    assert catalog.committed(STEPS, "steps/r") is None
    assert not catalog.append(STEPS, row, ("steps/r", 3), {}).skipped
    assert catalog.append(STEPS, row, ("steps/r", 3), {}).skipped
    assert not catalog.append(STEPS, row, ("steps/other", 1), {}).skipped
    assert catalog.committed(STEPS, "steps/r") == 3
    assert catalog.rows(STEPS, ("run", "seconds")) == [{"run": "r", "seconds": 1.0}] * 2
    assert catalog.read(STEPS).count() == 2


@pytest.mark.parametrize("error", [CommitFailedError("412 Precondition Failed"), OSError("connection reset"), KeyboardInterrupt()])
def test_a_commit_that_was_made_and_seems_to_have_failed_keeps_its_rows_and_counts_once(folder, spark, monkeypatch, error):
    rows, step = documents_frame(spark, ROWS), steps_row("r")
    folder.write(DOCUMENTS, rows, {"batch": "main"}, {})
    folder.append(STEPS, [steps_row("before")], ("steps/before", 1), {})
    made = DeltaTable.create_write_transaction

    def lose(*arguments, **named):
        made(*arguments, **named)
        raise error

    known = isinstance(error, CommitFailedError)  # who was first can be looked up at once
    with monkeypatch.context() as lost:
        lost.setattr(DeltaTable, "create_write_transaction", lose)
        with nullcontext() if known else pytest.raises(type(error)):
            assert folder.write(DOCUMENTS, rows.limit(2), {"batch": "main"}, {}).rows == 2
        with nullcontext() if known else pytest.raises(type(error)):
            assert folder.append(STEPS, [step], ("steps/r", 1), {}).rows == 1
    assert folder.append(STEPS, [step], ("steps/r", 1), {}).skipped
    for table in (DOCUMENTS, STEPS):
        assert folder.read(table).count() == 2
        assert folder.version(table) == 1
        folder.maintain(table, None)
        assert folder.read(table).count() == 2
    assert folder.write(DOCUMENTS, rows, {"batch": "main"}, {}).rows == 3


def test_a_first_commit_that_was_made_and_seems_to_have_failed_keeps_its_rows(folder, spark, monkeypatch):
    made = LocalFiles.create

    def lose(*arguments):
        made(*arguments)
        return False

    with monkeypatch.context() as lost:
        lost.setattr(LocalFiles, "create", lose)
        assert folder.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "main"}, {}).version == 0
        assert folder.append(STEPS, [steps_row("r")], ("steps/r", 1), {}).rows == 1
    assert folder.read(DOCUMENTS).count() == 3
    assert folder.read(STEPS).count() == 1


def test_a_commit_that_is_refused_leaves_the_table_and_what_was_staged_goes(folder, spark, tmp_path, monkeypatch):
    rows = documents_frame(spark, ROWS)
    folder.write(DOCUMENTS, rows, {"batch": "main"}, {})

    def refuse(*arguments, **named):
        raise OSError("503 Service Unavailable")

    with monkeypatch.context() as refused:
        refused.setattr(DeltaTable, "create_write_transaction", refuse)
        with pytest.raises(OSError, match="503"):
            folder.write(DOCUMENTS, rows.limit(1), {"batch": "main"}, {})
    assert folder.read(DOCUMENTS).count() == 3
    folder.maintain(DOCUMENTS, None)
    assert len([*(tmp_path / "documents").glob("data-*")]) == 1


def test_rows_of_the_driver_are_written_as_those_of_a_frame_are(catalog, spark):
    row = steps_row("r")
    frame = make_frame(spark, [row], resources.contract(STEPS).schema)
    catalog.append(STEPS, frame, ("steps/frame", 1), {})
    assert catalog.append(STEPS, [row], ("steps/rows", 1), {}).rows == 1
    first, second = catalog.read(STEPS).collect()
    assert first == second
    assert first["written"] == {"t": 1}
    assert first["origins"] is None
    with pytest.raises(ContractError, match="column run holds null"):
        catalog.append(STEPS, [{**row, "run": None}], ("steps/null", 1), {})
    with pytest.raises(ContractError, match="rows lie outside the slice job = 'other'"):
        catalog.write(WRITING, [{"job": "j", "batch": "b", "run": "r"}], {"job": "other", "batch": "b"}, {})
    place = {"job": "j", "batch": "b"}
    assert catalog.write(WRITING, [{**place, "run": "r"}], place, {}).rows == 1
    assert catalog.write(WRITING, [], place, {}).rows == 0
    assert catalog.rows(WRITING) == []


def test_each_table_is_created_as_its_contract_says(tmp_path):
    for table in TABLES:
        contract = resources.contract(table)
        assert commit_actions(LocalFiles(tmp_path), table.name, 0, "CREATE TABLE", {}, first_actions(contract))
        delta = DeltaTable(tmp_path / table.name)
        held = json.loads(delta.schema().to_json())["fields"]
        asked = [json.loads(field.json()) for field in contract.schema]
        assert [(f["name"], f["type"], f["nullable"]) for f in held] == [(f["name"], f["type"], f["nullable"]) for f in asked]
        assert delta.metadata().partition_columns == []
        kept = properties(tmp_path, table)
        assert all(kept[f"delta.constraints.{rule.name}"] == rule.expression for rule in contract.rules)
        assert kept.get("delta.appendOnly") == ("true" if contract.append_only else None)
        assert delta.protocol().min_writer_version == 3, "older engines and delta-rs can write it"


def test_a_table_comes_to_be_with_its_first_rows(folder, spark, tmp_path):
    empty = documents_frame(spark, ROWS).where("false")
    assert folder.write(DOCUMENTS, empty, {"batch": "main"}, {}).version is None
    assert not folder.exists(DOCUMENTS)
    commit = folder.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "main"}, {"job": "t"})
    assert (commit.version, commit.rows, folder.count(DOCUMENTS)) == (0, 3, 3)
    assert folder.write(DOCUMENTS, empty, {"batch": "other"}, {}).version == 0, "an empty slice stays empty without a commit"
    assert folder.write(DOCUMENTS, empty, {"batch": "main"}, {}).version == 1
    assert folder.read(DOCUMENTS).count() == folder.count(DOCUMENTS) == 0


def test_what_was_refused_leaves_no_file(folder, spark, tmp_path):
    with pytest.raises(ContractError):
        folder.write(DOCUMENTS, documents_frame(spark, ROWS).withColumn("bucket", F.lit(4096)), {"batch": "main"}, {})
    assert list(tmp_path.rglob("*.parquet")) == []
    assert not folder.exists(DOCUMENTS)


def test_files_that_hold_other_slices_too_keep_the_rows_of_these(folder, spark):
    rows = documents_frame(spark, ROWS)
    both = rows.withColumn("batch", F.when(F.col("source_key") == "a", "one").otherwise("two")).coalesce(1)
    folder.write(DOCUMENTS, both, {"batch": ("one", "two")}, {})
    commit = folder.write(DOCUMENTS, both.where("source_key = 'b'"), {"batch": "two"}, {})
    assert commit.rows == 1
    found = folder.read(DOCUMENTS).select("batch", "source_key").orderBy("source_key").collect()
    assert found == [("one", "a"), ("two", "b")]
    assert folder.read(DOCUMENTS, at=commit.version - 1).count() == 3


def test_a_batch_named_between_others_is_not_taken_for_theirs(folder, spark):
    rows = documents_frame(spark, ROWS)
    both = rows.withColumn("batch", F.when(F.col("source_key") == "a", "a").otherwise("z")).coalesce(1)
    folder.write(DOCUMENTS, both, {"batch": ("a", "z")}, {})
    folder.write(DOCUMENTS, rows.withColumn("batch", F.lit("m")), {"batch": "m"}, {})
    assert sorted(folder.read(DOCUMENTS).groupBy("batch").count().collect()) == [("a", 1), ("m", 3), ("z", 2)]


def test_of_eight_writers_of_one_slice_one_stays(folder, spark):
    rows = documents_frame(spark, ROWS)
    frames = [rows.withColumn("version", F.lit(f"writer@{n}")) for n in range(8)]
    failed = []

    def write(frame):
        try:
            folder.write(DOCUMENTS, frame, {"batch": "main"}, {})
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(frame,)) for frame in frames]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert folder.version(DOCUMENTS) == 7
    found = folder.read(DOCUMENTS).collect()
    assert len(found) == 3
    assert len({row["version"] for row in found}) == 1


def test_of_eight_appends_under_two_numbers_two_stay(folder, spark):
    rows = events_frame(spark, [TRAINED])
    commits = []

    def append(number):
        commits.append(folder.append(SIGNAL_EVENT, rows, ("train/r", number), {}))

    threads = [threading.Thread(target=append, args=(1 + n % 2,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    landed = sum(not commit.skipped for commit in commits)
    assert len(commits) == 8
    assert folder.read(SIGNAL_EVENT).count() == landed, "1, where number 2 came first and made number 1 an old one"
    assert landed in (1, 2)
    assert folder.committed(SIGNAL_EVENT, "train/r") == 2


@pytest.mark.parametrize("name", ["run [v2]", "50% é", "{a,b}", "a*b?", "back`tick", "数据"])
def test_folders_may_have_any_name(spark, tmp_path, name):
    catalog = folder_catalog(spark, tmp_path / name / "tables")
    catalog.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "main"}, {})
    assert catalog.read(DOCUMENTS).count() == 3
    assert list((tmp_path / name / "tables" / "documents").rglob("*.parquet"))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_folders_that_hold_unmasked_texts_are_for_their_owner_alone(folder, spark, tmp_path):
    items = [("quiz", "1", "Write to jane.doe@example.com", "exact", "register@1/0")]
    (tmp_path / "evaluation_items").mkdir(mode=0o755)  # of an earlier release
    contract = resources.contract(EVALUATION_ITEMS)
    rows = spark.createDataFrame(items, "`set` string, item_id string, text string, method string, version string")
    folder.write(EVALUATION_ITEMS, contract.conform(rows), {"set": "quiz"}, {})
    folder.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "main"}, {})
    closed = {path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077 == 0}
    assert closed == {"evaluation_items"}
    assert {table.name for table in TABLES if table.restricted} == {"raw", "unused_rows", "evaluation_items", "quality_state"}


def test_small_tables_are_read_without_an_engine(spark, tmp_path):
    finished = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    values = ("r", "j", "b", 0, "plan", 1, 1, 0, {"x": 0}, {"t": 1}, {}, 1.0, finished, {"t": "o"}, {"seed": "7"})
    row = spark.createDataFrame([values], resources.contract(STEPS).schema)
    folder_catalog(spark, tmp_path).append(STEPS, row, ("steps/r", 1), {})
    alone = FolderCatalog(LocalFiles(tmp_path), lambda: pytest.fail("an engine was asked for"))
    (found,) = alone.rows(STEPS)
    assert (found["cut_by_rule"], found["written"], found["read"], found["made_of"]) == ({"x": 0}, {"t": 1}, {}, {"seed": "7"})
    assert found["finished_at"] == datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    assert (alone.version(STEPS), alone.count(STEPS), alone.committed(STEPS, "steps/r")) == (0, 1, 1)
    assert alone.rows(STEPS, ("seconds", "run")) == [{"seconds": 1.0, "run": "r"}]
    assert alone.rows(REJECTS) == []


def test_a_folder_without_links_holds_no_tables(folder, spark, monkeypatch):
    refuse_links(monkeypatch, errno.EPERM)
    with pytest.raises(StorageError, match="makes no links, which commits need; name a folder of another disk, or keep"):
        folder.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "main"}, {})
