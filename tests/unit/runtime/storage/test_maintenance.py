"""What maintenance deletes and what it keeps: files of versions that nobody may ask for any more, and those of all others."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable
from obstore.store import MemoryStore
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.unit.runtime.storage.aged import Aged, hours_ago

from resonance.core.errors import ConservationError
from resonance.core.places import ObjectFiles
from resonance.core.table import Table
from resonance.runtime.storage.folder import FolderCatalog
from resonance.runtime.storage.retention import LEAST_HOURS, count_hours
from resonance.tables import DOCUMENTS, SIGNAL_EVENT, TABLES
from resonance.testing import documents_frame, events_frame, folder_catalog

if TYPE_CHECKING:
    from resonance.runtime.storage.spark_catalog import SparkCatalog

THREE = [("a", "s/x", "first text"), ("b", "s/x", "second text"), ("c", "s/y", "third text")]


def test_versions_of_kept_rounds_stay_readable_and_older_ones_go(aged: Aged) -> None:
    for hours in (400, 300, 200, 100, 1):
        aged.write(hours)
    first = aged.live()[0]
    since = hours_ago(250)  # the round read version 1, which was replaced 200 hours ago
    aged.catalog.maintain(DOCUMENTS, since)
    assert [aged.read(at) for at in (1, 2, 3, 4)] == aged.texts[1:]
    assert not first & aged.files(), "version 0 was replaced before the round"
    with pytest.raises(ConservationError, match=r"^table documents, version 0: 1 of 1 files are gone; `resonance maintain` keeps"):
        aged.read(0)
    aged.catalog.maintain(DOCUMENTS, None)
    assert [aged.read(at) for at in (2, 3, 4)] == aged.texts[2:], "what the last week's readers may still read stays"
    assert not aged.live()[1] & aged.files()


@pytest.mark.parametrize("seed", range(4))
def test_exactly_the_files_of_needed_versions_stay(aged: Aged, seed: int) -> None:
    draw = Random(seed)
    for hours in sorted((draw.uniform(1, 1000) for _ in range(9)), reverse=True):
        aged.write(hours, draw.choice("pqr"))
    orphan = aged.home / "data-killed" / "part-0.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"left by a kill")
    os.utime(orphan, (0, 0))
    since = hours_ago(draw.uniform(200, 900))
    aged.catalog.maintain(DOCUMENTS, since)
    assert aged.files() == aged.needed(since)
    reached = [at for at, end in enumerate(aged.times[1:]) if end > since.timestamp()]
    assert [aged.read(at) for at in reached] == [aged.texts[at] for at in reached]
    assert aged.read(aged.catalog.version(DOCUMENTS)) == aged.texts[-1]


def test_a_kept_version_that_was_old_when_its_round_ended_stays_readable(aged: Aged) -> None:
    """Its entry in the log is older than the round: checkpoints of the log must not take it away."""
    for hours in (2000, 1900, 1800, 100):
        aged.write(hours)
    aged.catalog.maintain(DOCUMENTS, hours_ago(800))
    aged.write(0.5)
    log = DeltaTable(aged.home)
    log.create_checkpoint()
    log.cleanup_metadata()  # what delta-rs does after each hundredth commit
    assert aged.read(2) == aged.texts[2]
    assert aged.read(aged.catalog.version(DOCUMENTS)) == aged.texts[-1]


def test_maintenance_keeps_the_rows_and_lately_replaced_versions(spark: SparkSession, tmp_path: Path) -> None:
    folder = folder_catalog(spark, tmp_path)
    rows = documents_frame(spark, THREE)
    for batch in ("one", "two", "three"):
        folder.write(DOCUMENTS, rows.withColumn("batch", F.lit(batch)), {"batch": batch}, {})
    before = sorted(map(tuple, folder.read(DOCUMENTS).collect()))
    killed = tmp_path / "documents" / "data-killed" / "part-0.parquet"
    killed.parent.mkdir()
    killed.write_bytes(b"left by a kill")
    os.utime(killed, (0, 0))
    folder.maintain(DOCUMENTS, None)
    assert sorted(map(tuple, folder.read(DOCUMENTS).collect())) == before
    assert len(DeltaTable(tmp_path / "documents").file_uris()) == 1
    assert folder.read(DOCUMENTS, at=1).count() == 6, "files of the last week's versions stay"
    assert not killed.exists()
    folder.write(DOCUMENTS, rows.where("false"), {"batch": "two"}, {})
    assert sorted(folder.read(DOCUMENTS).groupBy("batch").count().collect()) == [("one", 3), ("three", 3)]


@pytest.mark.engine("spark")
def test_the_catalog_of_a_cluster_keeps_and_deletes_alike(spark: SparkSession, cluster: SparkCatalog, aged: Aged) -> None:
    for hours in (400, 300, 200, 100, 1):
        aged.write(hours)
    live = aged.live()
    spark.sql(f"CREATE TABLE {cluster.name(DOCUMENTS)} USING delta LOCATION '{aged.home}'")
    for since, oldest, kept in ((hours_ago(250), 1, 0), (hours_ago(150), 2, 1)):
        cluster.maintain(DOCUMENTS, since)
        for at in range(oldest, 5):
            assert {row["batch"]: row["text"] for row in cluster.read(DOCUMENTS, at=at).collect()} == aged.texts[at]
        assert aged.files() == {file for files in live[kept:] for file in files}, "Delta needs those of one version more"


def test_appended_events_survive_every_maintenance(spark: SparkSession, tmp_path: Path) -> None:
    catalog = folder_catalog(spark, tmp_path)
    for number in range(1, 5):
        catalog.append(
            SIGNAL_EVENT, events_frame(spark, [{"doc": number, "phase": "train", "loss_sum": 4.0}]), ("train/r", number), {}
        )
    before = sorted(map(str, catalog.read(SIGNAL_EVENT).collect()))
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    for _ in range(2):
        catalog.maintain(SIGNAL_EVENT, None)
        assert sorted(map(str, catalog.read(SIGNAL_EVENT).collect())) == before
    assert catalog.committed(SIGNAL_EVENT, "train/r") == 4, "and no append can happen a second time"


def test_what_killed_writers_left_goes_at_once(aged: Aged) -> None:
    """Versions that nobody may miss yet stay whole beside it."""
    for hours in (30, 20):
        aged.write(hours)
    before = aged.files()
    staged, task = aged.home / f"data-{'a' * 32}" / "part-0.parquet", aged.home / f"data-{'b' * 32}" / "_temporary" / "0" / "part"
    for left in (staged, task, aged.home / "_delta_log" / f".{'c' * 32}.tmp", aged.home / ".log-d" / "_delta_log" / "0.json"):
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"left by a kill")
    aged.catalog.maintain(DOCUMENTS, None)
    assert aged.files() == before
    assert [aged.read(at) for at in (0, 1)] == aged.texts
    assert {path.name for path in aged.home.iterdir()} == {"_delta_log", *(path.partition("/")[0] for path in before)}
    assert not list((aged.home / "_delta_log").glob(".*"))


def test_a_table_of_one_file_is_left_as_it_is(aged: Aged) -> None:
    aged.write(500)
    before = aged.files()
    aged.catalog.maintain(DOCUMENTS, None)
    assert aged.files() == before


@pytest.mark.parametrize(
    ("passed", "hours"),
    [(None, LEAST_HOURS), (0, LEAST_HOURS), (166.5, LEAST_HOURS), (167.5, 169), (1000.2, 1002), (1000.9, 1002)],
)
def test_hours_reach_back_to_the_round_with_one_to_spare(passed: float | None, hours: int) -> None:
    assert count_hours(None if passed is None else hours_ago(passed)) == hours


@pytest.mark.parametrize(("passed", "files", "log"), [(None, 168, 720), (300.5, 302, 720), (800.5, 802, 802)])
def test_a_maintained_table_tells_every_tool_how_long_to_keep(aged: Aged, passed: float | None, files: int, log: int) -> None:
    aged.write(1)
    aged.catalog.maintain(DOCUMENTS, None if passed is None else hours_ago(passed))
    told = DeltaTable(aged.home).metadata().configuration
    assert told["delta.deletedFileRetentionDuration"] == f"interval {files} hours"
    assert told["delta.logRetentionDuration"] == f"interval {log} hours"


def test_every_table_that_exists_is_maintained(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from resonance.runtime.conf import load
    from resonance.runtime.workspace import Workspace

    workspace = Workspace(load(workspace=str(tmp_path / "w")), create=True)
    folder_catalog(spark, tmp_path / "w" / "tables").write(
        DOCUMENTS, documents_frame(spark, [("a", "s/x", "t")]), {"batch": "main"}, {}
    )
    left = tmp_path / "w" / "tables" / "edits" / f"data-{'a' * 32}" / "part-0.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"left by a kill before the first commit")
    assert workspace.maintain(None) == ["documents"]
    assert not left.parent.exists()
    asked: dict[str, datetime | None] = {}

    def note(self: FolderCatalog, table: Table, since: datetime | None) -> None:
        asked[table.name] = since

    monkeypatch.setattr(FolderCatalog, "maintain", note)
    moment = hours_ago(3)
    assert workspace.maintain(moment) == ["documents"]
    assert asked == {table.name: moment for table in TABLES}


def test_what_was_staged_in_a_bucket_for_a_table_that_never_came_goes_after_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    files = ObjectFiles("s3://texts/corpora")
    files._store = MemoryStore()
    files.put("documents/data-0/part.parquet", b"staged")
    files.put("documents_of_others/part.parquet", b"theirs")
    catalog, now = FolderCatalog(files, lambda: None), time.time()  # type: ignore[arg-type, return-value]
    for days, left in ((6.9, ["documents/data-0/part.parquet"]), (7.1, [])):
        monkeypatch.setattr(time, "time", lambda days=days: now + 86_400 * days)
        catalog.maintain(DOCUMENTS, None)
        assert files.find("documents", "") == left
    assert files.find("documents_of_others", "") == ["documents_of_others/part.parquet"]
