"""Documents are assessed by batch: texts of new batches alone are read, and the same documents are read back."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from resonance.assess.documents import assess_documents, list_accepted, name_outputs
from resonance.core.job import Turn
from resonance.core.records import Change, Records, Run
from resonance.curate.signals import BASICS
from resonance.runtime import resources
from resonance.runtime.conf import load
from resonance.tables import (
    APPROVALS,
    CONTAMINATION,
    DUPLICATES,
    EVALUATION_ITEMS,
    QUALITY_GATE,
    QUALITY_METRIC,
    QUALITY_REPORT,
    QUALITY_RESULT,
    QUALITY_STATE,
    REJECTS,
)
from resonance.testing import documents_frame, tiny_corpus

NOW = datetime(2026, 4, 11, tzinfo=UTC)
TABLES = (QUALITY_STATE, QUALITY_RESULT, QUALITY_METRIC, QUALITY_REPORT, QUALITY_GATE)


@pytest.fixture
def assess(spark):
    """Assesses documents in a round, on what rounds before left; the rows of each table."""
    left = {table.name: spark.createDataFrame([], resources.contract(table).schema) for table in (*TABLES, APPROVALS)}
    empty = {
        t.name: spark.createDataFrame([], resources.contract(t).schema)
        for t in (REJECTS, DUPLICATES, CONTAMINATION, EVALUATION_ITEMS)
    }
    config = load()

    def run(documents, round, signals=None, records=Records(), known=None, **settings):
        given = [left[name] for name in ("quality_state", "quality_result", "quality_report", "quality_gate", "approvals")]
        own = config.assess.model_copy(update=settings)
        rejects, *looked = {**empty, **(known or {})}.values()
        tools = {"cleaning": config.clean, "dedupe": config.dedupe, "records": records, "turn": Turn("main", round)}
        made = assess_documents(documents, rejects, signals or {}, *looked, *given, settings=own, **tools)
        found = {}
        for table, rows in zip(TABLES, made, strict=True):
            schema = resources.contract(table).schema
            found[table.name] = [row.asDict() for row in resources.contract(table).conform(rows).collect()]
            kept = [] if table is QUALITY_STATE else [row.asDict() for row in left[table.name].collect()]
            left[table.name] = spark.createDataFrame(
                [tuple(row[n] for n in schema.names) for row in kept + found[table.name]], schema
            )
        return found

    return run


@pytest.fixture(scope="module")
def documents(spark):
    rows = [(row["id"], row["source"], row["text"]) for row in tiny_corpus(20)]
    return documents_frame(spark, rows)


def test_a_new_batch_alone_is_read_and_the_same_documents_are_read_back(assess, documents):
    first, both = (
        documents.where("source_key < 'row-15'"),
        documents.withColumn("batch", F.when(F.col("source_key") < "row-15", "main").otherwise("second")),
    )
    one = assess(first, 1)
    whole = one["quality_report"][0]
    assert whole["n_read"] == whole["n_rows"] == first.count()
    again = assess(first, 2)
    assert again["quality_report"][0] == {**whole, "round": 2, "n_read": 0}
    scores = [(row["operator"], row["stratum"], row["score"]) for row in one["quality_result"]]
    assert sorted((row["operator"], row["stratum"], row["score"]) for row in again["quality_result"]) == sorted(scores)
    grown = assess(both, 3)["quality_report"][0]
    assert (grown["n_rows"], grown["n_read"]) == (20, 20 - first.count())
    assert assess(both, 4, stage="domain", profile=load(assess__stage="domain").assess.profile)["quality_report"][0]["n_read"] == 0


def test_what_earlier_jobs_found_is_read_from_their_tables(assess, documents, spark):
    def score(found, operator):
        (row,) = (row for row in found["quality_result"] if (row["operator"], row["stratum"]) == (operator, "{}"))
        return row["score"]

    plain = assess(documents, 1)
    assert score(plain, "near_duplicate_free_ratio") == 1.0
    assert score(plain, "eval_contamination_free_ratio") is None, "no evaluation set is registered"
    ids = [row["doc_id"] for row in documents.select("doc_id").orderBy("doc_id").collect()]
    like = [(ids[0], ids[1], "verified"), (ids[1], ids[1], "verified"), (ids[2], ids[1], "near"), (ids[3], ids[1], "exact")]
    items = spark.createDataFrame([("arithmetic",), ("arithmetic",)], "set string")
    known = {
        "duplicates": spark.createDataFrame(like, "doc_id binary, keeper binary, method string"),
        "contamination": spark.createDataFrame([], "doc_id binary, set string"),
        "evaluation_items": items,
    }
    clean = assess(documents, 2, known=known)
    assert score(clean, "near_duplicate_free_ratio") == 19 / 20, "others are like by signature alone, or exact copies"
    assert score(clean, "eval_contamination_free_ratio") == 1.0
    held = spark.createDataFrame([(ids[5], "arithmetic"), (ids[5], "letters")], "doc_id binary, set string")
    found = assess(documents, 3, known={**known, "contamination": held})
    assert score(found, "eval_contamination_free_ratio") == 0.0, "one of twenty"
    assert found["quality_report"][0]["n_read"] == 20, "the batch holds something else now"


def test_tables_say_what_was_found_by_metric_stratum_and_gate(assess, documents):
    found = assess(documents, 1)
    metrics = {(row["stratum"], row["level"], row["number"]): row for row in found["quality_metric"]}
    assert len({key for key in metrics if key[0] == "{}"}) == 1 + 12 + 36
    assert sum(row["weight"] for key, row in metrics.items() if key[:2] == ("{}", "group")) == pytest.approx(1)
    assert {key[0] for key in metrics} == {"{}", '{"slice": "site-0"}', '{"slice": "site-1"}'}
    assert sum(row["n_rows"] for key, row in metrics.items() if key[0] != "{}" and key[1] == "total") == 20
    gates = {row["gate"]: row for row in found["quality_gate"]}
    assert gates["people"]["state"] == "not_run"
    assert len(gates["rules"]["reasons"]) == len(gates["rules"]["mend"]) > 0
    assert gates["rules"]["state"] == "failed", "too little is measured of documents without further promises"


def test_stored_signals_give_the_scores_that_measured_ones_do(assess, documents, spark):
    rows = documents.select("doc_id", "batch", "content_hash", "text").collect()
    measured = BASICS.measure(pa.array([row["text"] for row in rows])).to_pylist()
    keys = ("doc_id", "batch", "content_hash")
    named = [{**{key: row[key] for key in keys}, **said} for row, said in zip(rows, measured, strict=True)]
    kinds = {"int": "int", "double": "double", "string": "string"}
    columns = ", ".join(f"{signal.name} {kinds[signal.type]}" for signal in BASICS.signals)
    schema = f"doc_id binary, batch string, content_hash binary, {columns}"
    names = [*keys, *BASICS.names]
    table = spark.createDataFrame([tuple(row[name] for name in names) for row in named], schema)
    anew, stored = assess(documents, 1)["quality_result"], assess(documents, 2, {"basics": table})["quality_result"]
    told = {row["operator"]: row["score"] for row in anew if row["stratum"] == "{}" and row["score"] is not None}
    also = {row["operator"]: row["score"] for row in stored if row["stratum"] == "{}"}
    assert told
    assert {name: also[name] for name in told} == told


def test_rounds_that_passed_or_were_let_through_are_the_past():
    key = {"dataset": "documents", "gate": "rules"}
    gates = [{**key, "round": n, "assessment": str(n), "state": state} for n, state in enumerate(("passed", "failed", "failed"), 1)]
    approved = [{**key, "assessment": "2", "approved_at": datetime.now(UTC)}]
    assert list_accepted(gates, approved, 4) == [1, 2]
    assert list_accepted(gates, approved, 2) == [1]


def test_what_the_workspace_keeps_of_its_documents_counts_and_the_same_is_read_back(assess, documents):
    noted = {"author": "ada", "reason": "clean: has not run yet", "run": "r1", "code": "resonance 1"}
    changes = [Change(0, NOW, noted), Change(1, NOW, {})]
    run = Run("r1", NOW, NOW, {"raw": "0"}, {"documents": "0"}, "resonance 1", True)
    metrics = {"run_metrics": [{"in": 10, "out": 7, "rejected": 3}, {"in": 10, "out": 8, "rejected": 1}]}
    records = Records(books=metrics, history=changes, runs=[run], look_at_version=lambda version: (20, 20 - version))
    before, found = assess(documents, 1), assess(documents, 2, records=records)
    scores = {row["operator"]: row["score"] for row in found["quality_result"] if row["stratum"] == "{}"}
    names = ("commit_metadata_completeness", "lineage_hop_completeness", "drop_accounting_balance", "version_restorability")
    assert {name: scores[name] for name in names} == dict(zip(names, (0.5, 0.5, 0.9, 0.5), strict=True))
    assert found["quality_report"][0]["coverage"] > before["quality_report"][0]["coverage"]
    assert found["quality_report"][0]["n_read"] == 0, "no text was read for it"
    again = assess(documents, 3, records=records)["quality_report"][0]
    assert again == {**found["quality_report"][0], "round": 3}
    assert assess(documents, 4)["quality_report"][0]["assessment"] == before["quality_report"][0]["assessment"]


def test_the_runs_of_documents_are_found_under_the_name_that_their_contract_gives_them():
    run = name_outputs(Run("r1", outputs={"documents": "4", "rejects": "2"}), "news")
    assert run.outputs == {"news": "4", "rejects": "2"}
