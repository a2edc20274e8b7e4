"""Tables of ours are Delta's: delta-spark, delta-rs and pyarrow read them, hold to their rules and add to them, and we go on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, QueryBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.runtime import resources
from resonance.runtime.storage.digest import digest
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import DOCUMENTS, EDITS, SIGNAL_EVENT, SIGNATURES, STEPS
from resonance.testing import documents_frame, events_frame, folder_catalog

ROWS = [("a", "s/x", "first text"), ("b", "s/x", "second text é"), ("c", "s/y", "漢字")]
EVENT = {"doc": 1, "phase": "reference", "loss_sum": 4.0, "label": "x", "probabilities": {"x": 0.25, "é": 0.75}}
MADE = (DOCUMENTS, SIGNAL_EVENT, EDITS, SIGNATURES, STEPS)
"""Among them columns of texts, bytes, lists, maps and times."""
TOP = Path(__file__).parents[2]
FIRST_OF_EMBEDDED = pytest.mark.parametrize("made", ["embedded", pytest.param("here", marks=pytest.mark.slow)], indirect=True)
"""Delta-spark takes seconds for each table: what Spark made itself is tried where there is time."""


def make(spark: SparkSession, folder: Path) -> FolderCatalog:
    """Tables as jobs leave them, each in two versions or more."""
    catalog = folder_catalog(spark, folder)
    documents = documents_frame(spark, ROWS)
    catalog.write(DOCUMENTS, documents, {"batch": "main"}, {"job": "clean", "read": {"raw": 1}})
    catalog.write(DOCUMENTS, documents.limit(1).withColumn("batch", F.lit("two")), {"batch": "two"}, {"job": "clean"})
    for number in (1, 2):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [{**EVENT, "doc": number}]), ("train/r", number), {"job": "train"})
        catalog.append(STEPS, spark.createDataFrame([step(number)], resources.contract(STEPS).schema), (f"steps/{number}", 1), {})
        catalog.write(EDITS, edits(documents, f"b{number}"), {"batch": f"b{number}"}, {})
        catalog.write(SIGNATURES, signatures(documents, f"b{number}"), {"batch": (f"b{number}",)}, {})
    return catalog


def step(number: int) -> tuple[Any, ...]:
    counts = {"near": number, "é": 2}
    finished = datetime(2026, 1, 2, 3, 4, 5, number, UTC)
    return (f"run{number}", "j", "b", 0, "plan", 3, 1, 2, counts, {"t": 1}, {}, 1.5, finished, {"t": "o"}, {"seed": "7"})


def edits(documents: DataFrame, batch: str) -> DataFrame:
    places = {"starts": F.array(F.lit(0), F.lit(7)), "ends": F.array(F.lit(3), F.lit(9))}
    named = {"batch": F.lit(batch), "rule": F.lit("javascript"), "characters": F.lit(5), "version": F.lit("c4_lines@1")}
    return documents.select("doc_id", "bucket", "content_hash").withColumns({**places, **named})


def signatures(documents: DataFrame, batch: str) -> DataFrame:
    bands = F.when(F.col("source_key") == "a", F.array().cast("array<bigint>")).otherwise(F.array(F.lit(2**62), F.lit(-1)))
    return documents.withColumns({"batch": F.lit(batch), "bands": bands, "version": F.lit("v")}).select(
        *resources.contract(SIGNATURES).schema.names
    )


def digests(spark: SparkSession, folder: Path) -> dict[str, str]:
    """The hash of each table, by an engine."""
    catalog = folder_catalog(spark, folder)
    return {table.name: digest(catalog.read(table), resources.contract(table)) for table in MADE}


def embedded(what: str, folder: Path) -> Any:
    """What a function of this module says in a process of its own, on the embedded engine."""
    code = f"""
import json
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from tests.conformance import test_tables
folder = Path({str(folder)!r})
said = test_tables.{what}(open_engine("embedded", SparkSettings(), folder / "spill").session, folder)
print(json.dumps(said if isinstance(said, dict) else None))
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(TOP)}, capture_output=True, text=True, cwd=TOP)
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["here", pytest.param("embedded", marks=pytest.mark.engine("spark"))])
def made(request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of this engine, and of the embedded one where this is Spark."""
    folder = tmp_path_factory.mktemp("tables")
    if request.param == "here":
        make(spark, folder)
    else:
        embedded("make", folder)
    return folder


def test_delta_rs_and_pyarrow_read_what_is_there(made: Path, spark: SparkSession) -> None:
    catalog = folder_catalog(spark, made)
    for table in MADE:
        contract = resources.contract(table)
        delta = DeltaTable(made / table.name)
        rows = catalog.read(table).count()
        arrow = delta.to_pyarrow_table()
        assert (arrow.num_rows, arrow.schema.names) == (rows, contract.schema.names)
        query = QueryBuilder().register("t", delta).execute("SELECT * FROM t").read_all()
        assert pa.table(query).num_rows == rows
        assert sum(pq.ParquetFile(path.removeprefix("file://")).read().num_rows for path in delta.file_uris()) == rows
        assert delta.count() == catalog.count(table) == rows
    bands = DeltaTable(made / "signatures").to_pyarrow_table().sort_by("doc_id")["bands"].to_pylist()
    assert sorted(bands, key=str) == sorted([[], [2**62, -1], [2**62, -1]] * 2, key=str)
    lists = DeltaTable(made / "edits").to_pyarrow_table().select(["starts", "ends"]).to_pylist()
    assert lists == [{"starts": [0, 7], "ends": [3, 9]}] * 6
    maps = DeltaTable(made / "steps").to_pyarrow_table().sort_by("run").to_pylist(maps_as_pydicts="strict")
    assert [row["cut_by_rule"] for row in maps] == [{"near": 1, "é": 2}, {"near": 2, "é": 2}]
    assert [row["finished_at"] for row in maps] == [datetime(2026, 1, 2, 3, 4, 5, n, UTC) for n in (1, 2)]
    texts = DeltaTable(made / "documents").to_pyarrow_table()["text"].to_pylist()
    assert sorted(texts) == sorted([text for *_, text in ROWS] + ["first text"])


def test_files_name_elements_as_the_protocol_does(made: Path) -> None:
    """Writers of both engines in one table: readers take the schema of one file for that of all."""
    for table in MADE:
        for uri in DeltaTable(made / table.name).file_uris():
            columns = pq.ParquetFile(uri.removeprefix("file://")).schema
            nested = {columns.column(place).path for place in range(len(columns)) if "." in columns.column(place).path}
            assert all(path.endswith(("list.element", "key_value.key", "key_value.value")) for path in nested), nested


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may write to."""
    return Path(shutil.copytree(made, tmp_path / "tables"))


def refused(spark: SparkSession, statement: str) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011  what Delta raises is of many kinds
        spark.sql(statement)
    return str(caught.value)


@pytest.mark.engine("spark")
def test_delta_spark_holds_to_our_rules(spark: SparkSession, place: Path) -> None:
    documents, events = f"delta.`{place / 'documents'}`", f"delta.`{place / 'signal_event'}`"
    columns = {name: name for name in resources.contract(DOCUMENTS).schema.names}
    for changed, says in (
        ({"bucket": "4096"}, "bucket_in_range"),
        ({"doc_id": "X'ab'"}, "doc_id_is_128_bits"),
        ({"text": "CAST(NULL AS STRING)"}, "NOT NULL constraint violated for column: text"),
    ):
        selected = ", ".join(f"{value} AS `{name}`" for name, value in {**columns, **changed}.items())
        assert says in refused(spark, f"INSERT INTO {documents} SELECT {selected} FROM {documents}")
    assert (
        "phase_known" in refused(spark, f"INSERT INTO {events} SELECT * REPLACE ('guess' AS phase) FROM {events}") or "phase_known"
    )
    assert "append" in refused(spark, f"DELETE FROM {events} WHERE true").lower()
    assert "append" in refused(spark, f"UPDATE {events} SET loss_sum = 0").lower()
    assert folder_catalog(spark, place).version(SIGNAL_EVENT) == 1


@FIRST_OF_EMBEDDED
@pytest.mark.engine("spark")
def test_we_go_on_where_delta_spark_added(spark: SparkSession, place: Path) -> None:
    catalog = folder_catalog(spark, place)
    for table in MADE:
        before = catalog.read(table).count()
        path = str(place / table.name)
        spark.read.format("delta").load(path).write.format("delta").mode("append").save(path)
        assert catalog.read(table).count() == catalog.count(table) == 2 * before
        assert len(catalog.rows(table)) == 2 * before
    assert catalog.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "main"}, {}).rows == 3
    assert sorted(catalog.read(DOCUMENTS).groupBy("batch").count().collect()) == [("main", 3), ("two", 2)]
    assert catalog.append(SIGNAL_EVENT, events_frame(spark, [EVENT]), ("train/r", 3), {}).rows == 1
    assert catalog.read(SIGNAL_EVENT).count() == 5
    embedded("go_on", place)
    assert sorted(catalog.read(DOCUMENTS).groupBy("batch").count().collect()) == [("main", 2), ("two", 2)]
    assert catalog.read(SIGNAL_EVENT).count() == spark.read.format("delta").load(str(place / "signal_event")).count() == 6
    assert digests(spark, place) == embedded("digests", place), "read by both, files of both among them"


def go_on(spark: SparkSession, folder: Path) -> None:
    """Replace a slice, append, and maintain, in tables that others wrote to."""
    catalog = folder_catalog(spark, folder)
    assert catalog.write(DOCUMENTS, documents_frame(spark, ROWS[1:]), {"batch": "main"}, {}).rows == 2
    assert catalog.append(SIGNAL_EVENT, events_frame(spark, [EVENT]), ("train/r", 4), {}).rows == 1
    step_again = spark.createDataFrame([step(9)], resources.contract(STEPS).schema)
    assert catalog.append(STEPS, step_again, ("steps/9", 1), {}).rows == 1
    for table in MADE:
        catalog.maintain(table, None)
    with pytest.raises(ContractError, match="bucket_in_range"):
        catalog.write(DOCUMENTS, documents_frame(spark, ROWS).withColumn("bucket", F.lit(-1)), {"batch": "main"}, {})


@FIRST_OF_EMBEDDED
@pytest.mark.engine("spark")
def test_each_side_sees_what_the_other_committed_once(spark: SparkSession, place: Path) -> None:
    catalog = folder_catalog(spark, place)
    event = events_frame(spark, [EVENT])

    def append(number: int) -> int:
        before = catalog.count(SIGNAL_EVENT)
        options = {"txnAppId": "train/r", "txnVersion": str(number)}
        contract = resources.contract(SIGNAL_EVENT)
        contract.conform(event).write.format("delta").mode("append").options(**options).save(str(place / "signal_event"))
        return catalog.count(SIGNAL_EVENT) - before

    assert catalog.committed(SIGNAL_EVENT, "train/r") == 2
    assert append(2) == 0, "ours is not repeated by delta-spark"
    assert append(3) == 1
    assert catalog.committed(SIGNAL_EVENT, "train/r") == 3
    assert catalog.append(SIGNAL_EVENT, event, ("train/r", 3), {}).skipped, "nor its own by us"
    assert not catalog.append(SIGNAL_EVENT, event, ("train/r", 4), {}).skipped
    assert append(4) == 0


@FIRST_OF_EMBEDDED
@pytest.mark.engine("spark")
def test_versions_and_notes_are_told_by_delta_spark(spark: SparkSession, place: Path) -> None:
    from delta.tables import DeltaTable as SparkTable

    catalog = folder_catalog(spark, place)
    path = str(place / "documents")
    for version, rows in ((0, 3), (1, 4)):
        assert catalog.read(DOCUMENTS, at=version).count() == rows
        assert spark.read.format("delta").option("versionAsOf", version).load(path).count() == rows
    history = SparkTable.forPath(spark, path).history().orderBy("version").collect()
    notes = [json.loads(row["userMetadata"]) for row in history]
    assert [note["job"] for note in notes] == ["clean", "clean"]
    assert notes[0]["read"] == {"raw": 1}
    detail = SparkTable.forPath(spark, path).detail().collect()[0]
    assert detail["description"] == resources.contract(DOCUMENTS).meaning
    fields = spark.read.format("delta").load(path).schema
    assert {f.name: f.metadata["comment"] for f in fields} == {c.name: c.meaning for c in resources.contract(DOCUMENTS).columns}


@FIRST_OF_EMBEDDED
@pytest.mark.engine("spark")
def test_delta_spark_may_maintain_our_tables(spark: SparkSession, place: Path) -> None:
    before = embedded("digests", place)
    for table in (EDITS, STEPS):
        spark.sql(f"OPTIMIZE delta.`{place / table.name}`")
        spark.sql(f"VACUUM delta.`{place / table.name}`")
    assert embedded("digests", place) == before
    assert folder_catalog(spark, place).write(EDITS, edits(documents_frame(spark, ROWS), "b1"), {"batch": "b1"}, {}).rows == 3
    spark.sql(f"DELETE FROM delta.`{place / 'edits'}` WHERE batch = 'b1' AND bucket >= 0")
    assert folder_catalog(spark, place).count(EDITS) == 3
