"""Tables keep what their contracts promise; writes replace one slice, appends happen once."""

from __future__ import annotations

import pytest
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.runtime import resources
from resonance.runtime.catalog import DeltaCatalog
from resonance.tables import DOCUMENTS, SIGNAL_EVENT, STEPS, TABLES
from resonance.testing import MemoryCatalog, documents_frame

ROWS = [("a", "s/x", "first text"), ("b", "s/x", "second text"), ("c", "s/y", "third text")]


@pytest.fixture(params=["delta", "memory"])
def catalog(request, spark, tmp_path):
    return DeltaCatalog(spark, str(tmp_path / "tables")) if request.param == "delta" else MemoryCatalog(spark)


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


def test_a_table_of_an_older_contract_is_refused_with_advice(spark, tmp_path):
    older = documents_frame(spark, ROWS).drop("cleaned_hash", "version")
    older.write.format("delta").save(str(tmp_path / "documents"))
    with pytest.raises(ContractError, match="documents: has no column cleaned_hash, version of contract .* --workspace"):
        DeltaCatalog(spark, str(tmp_path)).read(DOCUMENTS)


def test_a_rule_of_an_older_contract_that_refuses_rows_is_named_with_advice(spark, tmp_path):
    catalog = DeltaCatalog(spark, str(tmp_path))
    rows = documents_frame(spark, ROWS)
    catalog.write(DOCUMENTS, rows, {"batch": "main"}, {})
    spark.sql(f"ALTER TABLE {catalog.name(DOCUMENTS)} SET TBLPROPERTIES ('resonance.contract' = '0.0.1')")
    with pytest.raises(
        ContractError, match=r"is broken; nothing was written; it was made under contract 0\.0\.1, this is .* --workspace"
    ):
        catalog.write(DOCUMENTS, rows.withColumn("bucket", F.lit(4096)), {"batch": "main"}, {})


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
    catalog = DeltaCatalog(spark, str(tmp_path))
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
