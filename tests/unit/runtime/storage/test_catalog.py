"""Tables keep what their contracts promise; writes replace one slice, appends happen once."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.runtime import resources
from resonance.runtime.storage.files import DataFile
from resonance.runtime.storage.folder import FolderCatalog
from resonance.runtime.storage.log import commit_actions, first_actions
from resonance.tables import DOCUMENTS, EXCESS_LOSS, REJECTS, SIGNAL_EVENT, STEPS, TABLES
from resonance.testing import MemoryCatalog, documents_frame, events_frame, folder_catalog

ROWS = [("a", "s/x", "first text"), ("b", "s/x", "second text"), ("c", "s/y", "third text")]
LACKS = ("label", "el2n", "probabilities")
OLD_RULES = {"phase_known": "phase IN ('train','fit','score','heldout','reference')"}
TRAINED = {"doc": 1, "phase": "train", "loss_sum": 4.0}
TUNED = {"doc": 2, "phase": "tune", "loss_sum": 2.0, "label": "x", "probabilities": {"x": 1.0}}
COMMAND = "make it anew from the sources with `resonance run --workspace ANOTHER`"


@pytest.fixture(params=["folder", "memory"])
def catalog(request, spark, tmp_path):
    return folder_catalog(spark, tmp_path / "tables") if request.param == "folder" else MemoryCatalog(spark)


@pytest.fixture
def folder(spark, tmp_path):
    return folder_catalog(spark, tmp_path)


def make_older(home, table, rows, version, lacks=LACKS, strict=(), rules=OLD_RULES):
    """Write rows as an older contract said: fewer columns, some of them strict (never null), other rules."""
    now = resources.contract(table)
    columns = tuple(replace(c, required=c.required or c.name in strict) for c in now.columns if c.name not in lacks)
    asked = tuple(replace(rule, expression=rules.get(rule.name, rule.expression)) for rule in now.rules)
    older = replace(now, version=version, columns=columns, rules=asked)
    path = home / table.name / "part-0.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(rows.drop(*lacks).toArrow(), path)
    file = DataFile.read(path.parent, path)
    assert commit_actions(path.parent, 0, "CREATE TABLE", {}, [*first_actions(older), file.action()])


def properties(home, table):
    return dict(DeltaTable(home / table.name).metadata().configuration)


def columns_of(home, table):
    return [field.name for field in DeltaTable(home / table.name).schema().fields]


def test_unwritten_table_reads_as_empty_frame_of_its_schema(catalog):
    assert catalog.read(DOCUMENTS).columns == [c.name for c in resources.contract(DOCUMENTS).columns]
    assert catalog.read(DOCUMENTS).count() == 0
    assert catalog.version(DOCUMENTS) is None


def test_write_replaces_one_slice_and_leaves_the_other(catalog, spark):
    rows = documents_frame(spark, ROWS)
    catalog.write(DOCUMENTS, rows, {"batch": "main"}, {"job": "t"})
    catalog.write(DOCUMENTS, rows.limit(1).withColumn("batch", F.lit("other")), {"batch": "other"}, {})
    commit = catalog.write(DOCUMENTS, rows.where("source_key != 'a'"), {"batch": "main"}, {})
    assert commit.rows == 2
    assert catalog.read(DOCUMENTS).groupBy("batch").count().orderBy("batch").collect() == [("main", 2), ("other", 1)]
    assert catalog.read(DOCUMENTS, at=commit.version).count() == 3


def test_rows_outside_the_slice_are_refused(catalog, spark):
    with pytest.raises(ContractError, match="documents: rows lie outside the slice batch = 'x'"):
        catalog.write(DOCUMENTS, documents_frame(spark, ROWS), {"batch": "x"}, {})


def test_null_and_broken_rule_are_refused_by_name(catalog, spark):
    rows = documents_frame(spark, ROWS)
    with pytest.raises(ContractError, match=r"rule bucket_in_range .* is broken"):
        catalog.write(DOCUMENTS, rows.withColumn("bucket", F.lit(4096)), {"batch": "main"}, {})
    with pytest.raises(ContractError, match="column text holds null"):
        catalog.write(DOCUMENTS, rows.withColumn("text", F.lit(None)), {"batch": "main"}, {})
    with pytest.raises(ContractError, match="missing columns \\['text'\\], unknown columns \\['words'\\]"):
        catalog.write(DOCUMENTS, rows.withColumnRenamed("text", "words"), {"batch": "main"}, {})
    assert catalog.read(DOCUMENTS).count() == 0


def test_columns_that_an_older_table_lacks_are_read_as_null(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    found = folder.read(SIGNAL_EVENT)
    assert [(f.name, f.dataType) for f in found.schema] == [(f.name, f.dataType) for f in resources.contract(SIGNAL_EVENT).schema]
    (row,) = found.collect()
    assert row.loss_sum == 4.0
    assert all(row[name] is None for name in LACKS)
    assert not set(LACKS) & set(columns_of(tmp_path, SIGNAL_EVENT)), "reading changes no table"


def test_an_append_brings_a_table_of_an_older_minor_version_to_this_one(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    before = folder.version(SIGNAL_EVENT)
    commit = folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {})
    assert (commit.rows, commit.skipped, commit.version) == (1, False, folder.version(SIGNAL_EVENT))
    assert folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {}).skipped
    assert folder.committed(SIGNAL_EVENT, "tune/r") == 3
    found = folder.read(SIGNAL_EVENT).orderBy("pos").select("phase", "loss_sum", *LACKS).collect()
    assert found == [("train", 4.0, None, None, None), ("tune", 2.0, "x", None, {"x": 1.0})]
    assert folder.read(SIGNAL_EVENT, at=before).select("phase", *LACKS).collect() == [("train", None, None, None)]


def test_a_table_brought_to_this_contract_is_as_one_made_under_it(folder, spark, tmp_path):
    contract = resources.contract(SIGNAL_EVENT)
    rules = {**OLD_RULES, "loss_finite": "loss_sum >= 0"}
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0", strict=("loss_sum",), rules=rules)
    folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"loss_sum": None}]), ("tune/r", 1), {})
    now = properties(tmp_path, SIGNAL_EVENT)
    held = {key.rpartition(".")[2]: value for key, value in now.items() if key.startswith("delta.constraints")}
    assert held == {rule.name: rule.expression for rule in contract.rules}
    assert (now["resonance.contract"], now["delta.appendOnly"]) == (contract.version, "true")
    fields = DeltaTable(tmp_path / "signal_event").schema().fields
    assert {f.name: f.nullable for f in fields} == {f.name: f.nullable for f in contract.schema}
    assert {f.name: f.metadata["comment"] for f in fields} == {c.name: c.meaning for c in contract.columns}
    with pytest.raises(ContractError, match=r"signal_event: rule phase_known .* is broken; nothing was written$"):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"phase": "guess"}]), ("tune/r", 2), {})


def test_a_write_of_a_slice_brings_an_older_table_to_this_contract(folder, spark, tmp_path):
    first = spark.createDataFrame(
        [(1, b"\xab" * 16, b"\xcd" * 16, 7, "a", "fold-0", 10, 2.0, 1.0, 1.0, 1.0, 0.1, 0.5)],
        "round int, doc_id binary, content_hash binary, bucket int, slice string, fold string, n_bytes int, bpb double, "
        "reference_bpb double, difference double, excess double, disagreement double, target_gain double",
    )
    make_older(tmp_path, EXCESS_LOSS, first, "1.1.0", lacks=("target_gain",))
    again = folder.read(EXCESS_LOSS).where("round = 1").withColumn("round", F.lit(2))
    assert folder.write(EXCESS_LOSS, again, {"round": 2}, {}).rows == 1
    assert folder.write(EXCESS_LOSS, again.withColumn("target_gain", F.lit(0.25)), {"round": 2}, {}).rows == 1
    assert properties(tmp_path, EXCESS_LOSS)["resonance.contract"] == resources.contract(EXCESS_LOSS).version
    assert sorted(folder.read(EXCESS_LOSS).select("round", "target_gain").collect()) == [(1, None), (2, 0.25)]


def test_a_row_that_breaks_a_rule_of_both_contracts_is_refused_without_advice(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    with pytest.raises(ContractError, match=r"^table signal_event: rule phase_known .* is broken; nothing was written$"):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"phase": "guess"}]), ("tune/r", 1), {})
    assert folder.read(SIGNAL_EVENT).count() == 1


def test_a_table_of_another_major_version_is_refused_with_the_command(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "0.9.0")
    now = resources.contract(SIGNAL_EVENT).version
    advice = f"signal_event: it was made under contract 0.9.0, this is {now}: {COMMAND}; nothing was written$"
    with pytest.raises(ContractError, match=advice):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert properties(tmp_path, SIGNAL_EVENT)["resonance.contract"] == "0.9.0"


def test_a_table_that_lacks_what_the_contract_requires_is_refused_with_the_command(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.1.0", lacks=("n_cut", "log_pi", "label"))
    refused = f"signal_event: has no column n_cut, log_pi of contract .*; an older version of resonance wrote it: {COMMAND}$"
    with pytest.raises(ContractError, match=refused):
        folder.read(SIGNAL_EVENT)
    with pytest.raises(ContractError, match=refused):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TRAINED]), ("train/r", 1), {})


def test_a_table_whose_rows_break_a_newer_rule_stays_as_it_is(folder, spark, tmp_path):
    rules = {**OLD_RULES, "loss_finite": "loss_sum IS NULL OR loss_sum > -10"}
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED | {"loss_sum": -1.0}]), "1.0.0", lacks=(), rules=rules)
    with pytest.raises(
        ContractError,
        match=f"made under contract 1.0.0, .*{COMMAND}; nothing was written; rule loss_finite .* is broken by rows of the table$",
    ):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    now = properties(tmp_path, SIGNAL_EVENT)
    assert (now["resonance.contract"], now["delta.constraints.loss_finite"]) == ("1.0.0", rules["loss_finite"])
    assert folder.read(SIGNAL_EVENT).count() == 1


def test_a_table_of_a_newer_minor_version_is_not_taken_back(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.99.0", lacks=())
    with pytest.raises(ContractError, match=r"rule phase_known .* is broken; nothing was written$"):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert properties(tmp_path, SIGNAL_EVENT)["resonance.contract"] == "1.99.0"


def test_a_table_that_names_no_contract_is_not_widened(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), resources.contract(SIGNAL_EVENT).version)
    with pytest.raises(ContractError, match=r"signal_event: its columns are not those of the contract; nothing was written$"):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})


def test_append_happens_once_for_a_transaction(catalog, spark):
    values = ("r", "j", "b", 0, "plan", 1, 1, 0, {"x": 0}, {"t": 1}, {"t": 1}, 1.0, datetime.now(UTC))
    row = spark.createDataFrame([values], resources.contract(STEPS).schema)
    assert catalog.committed(STEPS, "steps/r") is None
    assert not catalog.append(STEPS, row, ("steps/r", 3), {}).skipped
    assert catalog.append(STEPS, row, ("steps/r", 3), {}).skipped
    assert not catalog.append(STEPS, row, ("steps/other", 1), {}).skipped
    assert catalog.committed(STEPS, "steps/r") == 3
    assert catalog.read(STEPS).count() == 2


def test_each_table_is_created_as_its_contract_says(tmp_path):
    for table in TABLES:
        contract = resources.contract(table)
        assert commit_actions(tmp_path / table.name, 0, "CREATE TABLE", {}, first_actions(contract))
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


def test_small_tables_are_read_without_an_engine(spark, tmp_path):
    values = ("r", "j", "b", 0, "plan", 1, 1, 0, {"x": 0}, {"t": 1}, {}, 1.0, datetime(2026, 1, 2, 3, 4, 5, 6, UTC))
    row = spark.createDataFrame([values], resources.contract(STEPS).schema)
    folder_catalog(spark, tmp_path).append(STEPS, row, ("steps/r", 1), {})
    alone = FolderCatalog(tmp_path, lambda: pytest.fail("an engine was asked for"))
    (found,) = alone.rows(STEPS)
    assert (found["cut_by_rule"], found["written"], found["read"]) == ({"x": 0}, {"t": 1}, {})
    assert found["finished_at"] == datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    assert (alone.version(STEPS), alone.count(STEPS), alone.committed(STEPS, "steps/r")) == (0, 1, 1)
    assert alone.rows(REJECTS) == []


def test_maintenance_keeps_the_rows_and_lately_replaced_versions(folder, spark, tmp_path):
    rows = documents_frame(spark, ROWS)
    for batch in ("one", "two", "three"):
        folder.write(DOCUMENTS, rows.withColumn("batch", F.lit(batch)), {"batch": batch}, {})
    before = sorted(map(tuple, folder.read(DOCUMENTS).collect()))
    killed = tmp_path / "documents" / "data-killed" / "part-0.parquet"
    killed.parent.mkdir()
    killed.write_bytes(b"left by a kill")
    os.utime(killed, (0, 0))
    folder.maintain(DOCUMENTS, 0)
    assert sorted(map(tuple, folder.read(DOCUMENTS).collect())) == before
    assert len(DeltaTable(tmp_path / "documents").file_uris()) == 1
    assert folder.read(DOCUMENTS, at=1).count() == 6, "files of the last week's versions stay"
    assert not killed.exists()
    folder.write(DOCUMENTS, rows.where("false"), {"batch": "two"}, {})
    assert sorted(folder.read(DOCUMENTS).groupBy("batch").count().collect()) == [("one", 3), ("three", 3)]


def test_a_clustered_table_is_refused_with_the_command_that_mends_it(folder, spark, tmp_path):
    make_older(tmp_path, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    log = tmp_path / "signal_event" / "_delta_log" / f"{0:020d}.json"
    features = {
        "minReaderVersion": 1,
        "minWriterVersion": 7,
        "writerFeatures": ["clustering", "domainMetadata", "checkConstraints", "appendOnly", "invariants"],
    }
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    log.write_text("".join(json.dumps({"protocol": features} if "protocol" in line else line) + "\n" for line in lines))
    assert folder.read(SIGNAL_EVENT).count() == 1
    with pytest.raises(ContractError, match=r"clustered it: run `resonance maintain` once"):
        folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    folder.maintain(SIGNAL_EVENT, 0)
    assert folder.read(SIGNAL_EVENT).count() == 1
    assert folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {}).rows == 1
    assert folder.read(SIGNAL_EVENT).count() == 2
