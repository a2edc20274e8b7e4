"""What a reject says; and what may be drawn: not what was cut after cleaning, not what is held out."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.ledger import drop_cut, drop_cut_before, find_cut_before, keep_drawable, make_rejects, mark_cut
from resonance.runtime import resources
from resonance.tables import REJECTS
from resonance.testing import documents_frame


def keys(rows: DataFrame) -> list[str]:
    return sorted(row["source_key"] for row in rows.collect())


def find_marked(documents: DataFrame, rejects: DataFrame) -> dict[str, bool]:
    rows = mark_cut(documents, rejects).join(documents.select("doc_id", "batch", "source_key"), ["doc_id", "batch"]).collect()
    assert len(rows) == documents.count()
    return {row["source_key"]: row["cut"] for row in rows}


def test_cut_and_held_out_documents_are_left_out(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(key, "s", f"text {key}") for key in "abcde"])
    cut = documents.where("source_key IN ('a', 'b')").select("doc_id", "batch", F.lit("dedupe").alias("step"))
    earlier = documents.where("source_key = 'c'").select("doc_id", "batch", F.lit("ingest").alias("step"))
    broken_file = spark.createDataFrame([(None, "main", "ingest")], "doc_id binary, batch string, step string")
    rejects = cut.unionByName(earlier).unionByName(broken_file)
    held = documents.where("source_key = 'd'").select("doc_id", F.lit("heldout").alias("arm"))
    drawn = documents.where("source_key = 'e'").select("doc_id", F.lit("plan").alias("arm"))

    assert keys(drop_cut(documents, rejects)) == ["c", "d", "e"]
    assert find_marked(documents, rejects) == {"a": True, "b": True, "c": False, "d": False, "e": False}
    assert keys(keep_drawable(documents, rejects, held.unionByName(drawn))) == ["c", "e"]
    assert drop_cut(documents, rejects).columns == keep_drawable(documents, rejects, held).columns == documents.columns


def test_what_came_to_a_step_is_what_other_steps_left(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(key, "s", f"text {key}") for key in "abcd"])
    rows = [("a", "judge", 1), ("a", "judge", 2), ("b", "dedupe", 1), ("c", "clean", 1), ("d", "decontaminate", 1)]
    named = spark.createDataFrame(rows, "source_key string, step string, rank int")
    rejects = documents.select("doc_id", "batch", "source_key").join(named, "source_key").drop("source_key")
    assert keys(drop_cut_before("dedupe", documents, rejects)) == ["b", "c", "d"]
    assert find_cut_before("dedupe", rejects).count() == 1  # what a later step cut when it last ran does not count
    assert keys(drop_cut_before("decontaminate", documents, rejects)) == ["c", "d"]


def test_a_verdict_touches_one_version_and_what_is_held_out_all(spark: SparkSession) -> None:
    first = documents_frame(spark, [(key, "s", f"text {key}") for key in "abc"])
    second = documents_frame(spark, [(key, "s", f"new {key}") for key in "abd"]).withColumn("batch", F.lit("second"))
    documents = first.unionByName(second)
    rejects = first.where("source_key <> 'c'").select("doc_id", "batch", F.lit("judge").alias("step"))
    held = first.where("source_key = 'a'").select("doc_id", F.lit("heldout").alias("arm"))
    assert sorted(row["text"] for row in drop_cut(documents, rejects).collect()) == ["new a", "new b", "new d", "text c"]
    assert sorted(row["text"] for row in keep_drawable(documents, rejects, held).collect()) == ["new b", "new d", "text c"]


def test_nothing_cut_and_nothing_held_out_leaves_all(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(key, "s", f"text {key}") for key in "ab"])
    rejects = spark.createDataFrame([], "doc_id binary, batch string, step string")
    assert keys(keep_drawable(documents, rejects, spark.createDataFrame([], "doc_id binary, arm string"))) == ["a", "b"]
    assert find_marked(documents, rejects) == {"a": False, "b": False}


def test_a_reject_says_where_a_row_came_from_and_what_cut_it(spark: SparkSession) -> None:
    documents = documents_frame(spark, [("a", "s/x", "text")])
    usual = {"rule": "short", "value": F.lit(3.0)}
    plain, full = (
        make_rejects(documents, "judge", "mine@1", **usual),
        make_rejects(
            documents,
            "judge",
            F.concat(F.lit("mine@"), F.lit("2")),
            **usual,
            threshold=F.lit(50.0),
            detail=F.lit("words"),
            path=F.lit("f:1"),
            rank=F.lit(2),
        ),
    )
    contract = resources.contract(REJECTS)
    assert plain.columns == full.columns == [column.name for column in contract.columns]
    (first,), (second,) = contract.conform(plain).collect(), contract.conform(full).collect()
    (document,) = documents.collect()
    own = ("batch", "bucket", "doc_id", "source", "slice")
    assert [first[name] for name in own] == [second[name] for name in own] == [document[name] for name in own]
    says = ("step", "rule", "value", "threshold", "detail", "path", "version", "rank")
    assert [first[name] for name in says] == ["judge", "short", 3.0, None, None, None, "mine@1", 1]
    assert [second[name] for name in says] == ["judge", "short", 3.0, 50.0, "words", "f:1", "mine@2", 2]
