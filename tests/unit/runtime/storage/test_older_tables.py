"""Tables of older contracts are read as they are, widened when they are written next, or refused with what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F

from resonance.core.arrow import make_arrow
from resonance.core.errors import ContractError
from resonance.core.places import LocalFiles
from resonance.runtime import resources
from resonance.runtime.storage.data_files import DataFile
from resonance.runtime.storage.log import commit_actions, first_actions
from resonance.tables import EXCESS_LOSS, SIGNAL_EVENT
from resonance.testing import events_frame, folder_catalog

LACKS = ("label", "el2n", "probabilities")
OLD_RULES = {"phase_known": "phase IN ('train','fit','score','heldout','reference')"}
TRAINED = {"doc": 1, "phase": "train", "loss_sum": 4.0}
TUNED = {"doc": 2, "phase": "tune", "loss_sum": 2.0, "label": "x", "probabilities": {"x": 1.0}}
COMMAND = "make it anew from the sources with `resonance run --workspace ANOTHER`"


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
    kept = rows.drop(*lacks)
    pq.write_table(make_arrow(kept.collect(), kept.schema), path)
    files = LocalFiles(home)
    file = DataFile.read(files, table.name, path.name)
    assert commit_actions(files, table.name, 0, "CREATE TABLE", {}, [*first_actions(older), file.action()])


def properties(home, table):
    return dict(DeltaTable(home / table.name).metadata().configuration)


def columns_of(home, table):
    return [field.name for field in DeltaTable(home / table.name).schema().fields]


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


@pytest.mark.parametrize("seed", range(5))
def test_whatever_optional_columns_an_older_table_lacks_it_keeps_its_rows_and_takes_new_ones(folder, spark, tmp_path, seed):
    """The law of widening: nothing that was there changes, what is new is null there, and the table is as one made now."""
    draw = Random(seed)
    contract = resources.contract(SIGNAL_EVENT)
    optional = [column.name for column in contract.columns if not column.required]
    lacks = tuple(draw.sample(optional, draw.randint(1, len(optional))))
    strict = tuple(name for name in draw.sample(optional, 2) if name == "loss_sum" and name not in lacks)
    filled = {"label": "y", "probabilities": {"x": 0.5, "y": 0.5}, "el2n": 0.25, "entropy": 0.5}
    old = events_frame(spark, [{**TRAINED, **filled, "doc": doc} for doc in range(4)])
    before = sorted(map(str, old.drop(*lacks).collect()))
    make_older(tmp_path, SIGNAL_EVENT, old, f"1.{draw.randint(0, 1)}.{draw.randint(0, 9)}", lacks=lacks, strict=strict)
    at = folder.version(SIGNAL_EVENT)
    assert folder.append(SIGNAL_EVENT, events_frame(spark, [{**TUNED, "doc": 9}]), ("tune/r", 1), {}).rows == 1
    for version, rows in ((at, 4), (folder.version(SIGNAL_EVENT), 5)):
        found = folder.read(SIGNAL_EVENT, at=version)
        assert found.columns == [column.name for column in contract.columns]
        kept = found.where("phase = 'train'")
        assert sorted(map(str, kept.drop(*lacks).select(*old.drop(*lacks).columns).collect())) == before
        assert all(row[name] is None for row in kept.collect() for name in lacks)
        assert found.count() == rows
    assert properties(tmp_path, SIGNAL_EVENT)["resonance.contract"] == contract.version


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
    folder.maintain(SIGNAL_EVENT, None)
    assert folder.read(SIGNAL_EVENT).count() == 1
    assert folder.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {}).rows == 1
    assert folder.read(SIGNAL_EVENT).count() == 2
