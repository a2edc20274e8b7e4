"""Tables keep what their contracts promise; writes replace one slice, appends happen once."""

from __future__ import annotations

import pytest
from delta.tables import DeltaTable
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.runtime import resources
from resonance.runtime.storage.spark_catalog import SparkCatalog
from resonance.tables import DOCUMENTS, EXCESS_LOSS, SIGNAL_EVENT, STEPS, TABLES
from resonance.testing import MemoryCatalog, documents_frame, events_frame, folder_catalog

ROWS = [("a", "s/x", "first text"), ("b", "s/x", "second text"), ("c", "s/y", "third text")]
LACKS = ("label", "el2n", "probabilities")
OLD_RULES = {"phase_known": "phase IN ('train','fit','score','heldout','reference')"}
TRAINED = {"doc": 1, "phase": "train", "loss_sum": 4.0}
TUNED = {"doc": 2, "phase": "tune", "loss_sum": 2.0, "label": "x", "probabilities": {"x": 1.0}}
COMMAND = "make it anew from the sources with `resonance run --workspace ANOTHER`"


@pytest.fixture(params=["delta", "memory"])
def catalog(request, spark, tmp_path):
    return folder_catalog(spark, tmp_path / "tables") if request.param == "delta" else MemoryCatalog(spark)


@pytest.fixture(params=["folder", "schema"])
def delta(request, spark, tmp_path):
    """A catalog of tables in a folder, or in a schema."""
    if request.param == "folder":
        yield folder_catalog(spark, tmp_path)
        return
    spark.sql(f"CREATE DATABASE older LOCATION '{tmp_path}'")
    yield SparkCatalog(spark, "older")
    spark.sql("DROP DATABASE older CASCADE")


def make_older(catalog, table, rows, version, lacks=LACKS, strict=(), rules=OLD_RULES):
    """Write rows as an older contract said: fewer columns, some of them strict (never null), other rules."""
    contract = resources.contract(table)
    builder = DeltaTable.create(catalog._spark)
    builder = builder.tableName(catalog.name(table)) if catalog._schema else builder.location(catalog._path(table))
    for column in contract.columns:
        if column.name not in lacks:
            builder = builder.addColumn(column.name, column.type, nullable=not column.required and column.name not in strict)
    for rule in contract.rules:
        builder = builder.property(f"delta.constraints.{rule.name}", rules.get(rule.name, rule.expression))
    builder.property("delta.appendOnly", str(contract.append_only).lower()).property("resonance.contract", version).execute()
    rows.drop(*lacks).createOrReplaceTempView("older_rows")
    catalog._spark.sql(f"INSERT INTO {catalog.name(table)} SELECT * FROM older_rows")


def properties(catalog, table):
    return catalog._delta(table).detail().collect()[0]["properties"]


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


def test_columns_that_an_older_table_lacks_are_read_as_null(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    found = catalog.read(SIGNAL_EVENT)
    assert [(f.name, f.dataType) for f in found.schema] == [(f.name, f.dataType) for f in resources.contract(SIGNAL_EVENT).schema]
    (row,) = found.collect()
    assert row.loss_sum == 4.0
    assert all(row[name] is None for name in LACKS)
    assert not set(LACKS) & set(catalog._delta(SIGNAL_EVENT).toDF().columns), "reading changes no table"


def test_an_append_brings_a_table_of_an_older_minor_version_to_this_one(delta, spark):
    make_older(delta, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    before = delta.version(SIGNAL_EVENT)
    commit = delta.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {})
    assert (commit.rows, commit.skipped, commit.version) == (1, False, delta.version(SIGNAL_EVENT))
    assert delta.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {}).skipped
    assert delta.committed(SIGNAL_EVENT, "tune/r") == 3
    found = delta.read(SIGNAL_EVENT).orderBy("pos").select("phase", "loss_sum", *LACKS).collect()
    assert found == [("train", 4.0, None, None, None), ("tune", 2.0, "x", None, {"x": 1.0})]
    assert delta.read(SIGNAL_EVENT, at=before).select("phase", *LACKS).collect() == [("train", None, None, None)]


def test_a_table_brought_to_this_contract_is_as_one_made_under_it(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    contract = resources.contract(SIGNAL_EVENT)
    rules = {**OLD_RULES, "loss_finite": "loss_sum >= 0"}
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0", strict=("loss_sum",), rules=rules)
    left_by_a_kill = "ADD CONSTRAINT phase_known_widened CHECK (bucket >= 0)"
    spark.sql(f"ALTER TABLE {catalog.name(SIGNAL_EVENT)} {left_by_a_kill}")
    catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"loss_sum": None}]), ("tune/r", 1), {})
    now = properties(catalog, SIGNAL_EVENT)
    held = {key.rpartition(".")[2]: "".join(value.split()) for key, value in now.items() if key.startswith("delta.constraints")}
    assert held == {rule.name: "".join(rule.expression.split()) for rule in contract.rules}
    assert (now["resonance.contract"], now["delta.appendOnly"]) == (contract.version, "true")
    fields = catalog._delta(SIGNAL_EVENT).toDF().schema
    assert {f.name: (f.dataType, f.nullable) for f in fields} == {f.name: (f.dataType, f.nullable) for f in contract.schema}
    assert {f.metadata["comment"] for f in fields if f.name in LACKS} == {c.meaning for c in contract.columns if c.name in LACKS}
    with pytest.raises(ContractError, match=r"signal_event: rule phase_known .* is broken; nothing was written$"):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"phase": "guess"}]), ("tune/r", 2), {})


def test_a_write_of_a_slice_brings_an_older_table_to_this_contract(delta, spark):
    first = spark.sql(
        "select 1 round, unhex(repeat('ab', 16)) doc_id, unhex(repeat('cd', 16)) content_hash, 7 bucket, 'a' slice, 'fold-0' fold, "
        "10 n_bytes, 2.0D bpb, 1.0D reference_bpb, 1.0D difference, 1.0D excess, 0.1D disagreement, 0.5D target_gain"
    )
    make_older(delta, EXCESS_LOSS, first, "1.1.0", lacks=("target_gain",))
    again = delta.read(EXCESS_LOSS).where("round = 1").withColumn("round", F.lit(2))
    assert delta.write(EXCESS_LOSS, again, {"round": 2}, {}).rows == 1
    assert delta.write(EXCESS_LOSS, again.withColumn("target_gain", F.lit(0.25)), {"round": 2}, {}).rows == 1
    assert properties(delta, EXCESS_LOSS)["resonance.contract"] == resources.contract(EXCESS_LOSS).version
    assert sorted(delta.read(EXCESS_LOSS).select("round", "target_gain").collect()) == [(1, None), (2, 0.25)]


def test_a_row_that_breaks_a_rule_of_both_contracts_is_refused_without_advice(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.0.0")
    with pytest.raises(ContractError, match=r"^table signal_event: rule phase_known .* is broken; nothing was written$"):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"phase": "guess"}]), ("tune/r", 1), {})
    assert catalog.read(SIGNAL_EVENT).count() == 1


@pytest.mark.parametrize(
    ("lacks", "broken"), [(LACKS, "its columns are not those of the contract"), ((), "rule phase_known .* is broken")]
)
def test_a_table_of_another_major_version_is_refused_with_the_command(spark, tmp_path, lacks, broken):
    catalog = folder_catalog(spark, tmp_path)
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "0.9.0", lacks=lacks)
    now = resources.contract(SIGNAL_EVENT).version
    advice = f"signal_event: {broken}; nothing was written; it was made under contract 0.9.0, this is {now}: {COMMAND}$"
    with pytest.raises(ContractError, match=advice):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert properties(catalog, SIGNAL_EVENT)["resonance.contract"] == "0.9.0"


def test_a_table_that_lacks_what_the_contract_requires_is_refused_with_the_command(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.1.0", lacks=("n_cut", "log_pi", "label"))
    refused = f"signal_event: has no column n_cut, log_pi of contract .*; an older version of resonance wrote it: {COMMAND}$"
    with pytest.raises(ContractError, match=refused):
        catalog.read(SIGNAL_EVENT)
    with pytest.raises(ContractError, match=refused):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TRAINED]), ("train/r", 1), {})


def test_a_table_whose_rows_break_a_newer_rule_stays_as_it_is(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    rules = {**OLD_RULES, "loss_finite": "loss_sum IS NULL OR loss_sum > -10"}
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED | {"loss_sum": -1.0}]), "1.0.0", lacks=(), rules=rules)
    with pytest.raises(ContractError, match=f"phase_known .* made under contract 1.0.0, .*{COMMAND}$"):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    now = properties(catalog, SIGNAL_EVENT)
    assert (now["resonance.contract"], now["delta.constraints.loss_finite"]) == ("1.0.0", rules["loss_finite"])
    assert catalog.read(SIGNAL_EVENT).count() == 1


def test_a_table_of_a_newer_minor_version_is_not_taken_back(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    make_older(catalog, SIGNAL_EVENT, events_frame(spark, [TRAINED]), "1.99.0", lacks=())
    with pytest.raises(ContractError, match=r"rule phase_known .* is broken; nothing was written$"):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert properties(catalog, SIGNAL_EVENT)["resonance.contract"] == "1.99.0"


def test_a_table_that_names_no_contract_is_not_widened(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    events_frame(spark, [TRAINED]).drop(*LACKS).write.format("delta").save(str(tmp_path / "signal_event"))
    with pytest.raises(ContractError, match=r"signal_event: its columns are not those of the contract; nothing was written$"):
        catalog.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})


def test_append_happens_once_for_a_transaction(catalog, spark):
    row = spark.sql(
        "select 'r' run, 'j' job, 'b' batch, 0 round, 'plan' arm, 1L rows_in, 1L rows_out, 0L rows_cut, "
        "map('x', 0L) cut_by_rule, map('t', 1L) written, map('t', 1L) read, 1.0D seconds, current_timestamp() finished_at"
    )
    assert catalog.committed(STEPS, "steps/r") is None
    assert not catalog.append(STEPS, row, ("steps/r", 3), {}).skipped
    assert catalog.append(STEPS, row, ("steps/r", 3), {}).skipped
    assert not catalog.append(STEPS, row, ("steps/other", 1), {}).skipped
    assert catalog.committed(STEPS, "steps/r") == 3
    assert catalog.read(STEPS).count() == 2


def test_each_table_is_created_as_its_contract_says(spark, tmp_path):
    catalog = folder_catalog(spark, tmp_path)
    for table in TABLES:
        contract = resources.contract(table)
        catalog._create(table)
        fields = [(f.name, f.dataType, f.nullable) for f in catalog.read(table).schema]
        assert fields == [(f.name, f.dataType, f.nullable) for f in contract.schema], table.name
        detail = catalog._delta(table).detail().collect()[0]
        assert detail["clusteringColumns"] == ([contract.cluster_by] if contract.cluster_by else [])
        assert detail["partitionColumns"] == []
        for rule in contract.rules:
            assert detail["properties"][f"delta.constraints.{rule.name}"] == rule.expression
    assert catalog._delta(SIGNAL_EVENT).detail().collect()[0]["properties"]["delta.appendOnly"] == "true"
