"""What may be drawn: not what was cut after cleaning, not what is held out."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.pool import came_to, cut_before, kept, pool
from resonance.testing import documents_frame


def keys(rows: DataFrame) -> list[str]:
    return sorted(row["source_key"] for row in rows.collect())


def test_cut_and_held_out_documents_are_left_out(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(key, "s", f"text {key}") for key in "abcde"])
    cut = documents.where("source_key IN ('a', 'b')").select("doc_id", F.lit("dedupe").alias("step"))
    earlier = documents.where("source_key = 'c'").select("doc_id", F.lit("ingest").alias("step"))
    broken_file = spark.createDataFrame([(None, "ingest")], "doc_id binary, step string")
    rejects = cut.unionByName(earlier).unionByName(broken_file)
    held = documents.where("source_key = 'd'").select("doc_id", F.lit("heldout").alias("arm"))
    drawn = documents.where("source_key = 'e'").select("doc_id", F.lit("plan").alias("arm"))

    assert keys(kept(documents, rejects)) == ["c", "d", "e"]
    assert keys(pool(documents, rejects, held.unionByName(drawn))) == ["c", "e"]
    assert kept(documents, rejects).columns == pool(documents, rejects, held).columns == documents.columns


def test_what_came_to_a_step_is_what_other_steps_left(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(key, "s", f"text {key}") for key in "abcd"])
    rows = [("a", "judge", 1), ("a", "judge", 2), ("b", "dedupe", 1), ("c", "clean", 1), ("d", "decontaminate", 1)]
    named = spark.createDataFrame(rows, "source_key string, step string, rank int")
    rejects = documents.select("doc_id", "source_key").join(named, "source_key").drop("source_key")
    assert keys(came_to("dedupe", documents, rejects)) == ["b", "c", "d"]
    assert cut_before("dedupe", rejects).count() == 1  # what a later step cut when it last ran does not count
    assert keys(came_to("decontaminate", documents, rejects)) == ["c", "d"]


def test_nothing_cut_and_nothing_held_out_leaves_all(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(key, "s", f"text {key}") for key in "ab"])
    rejects = spark.createDataFrame([], "doc_id binary, step string")
    assert keys(pool(documents, rejects, spark.createDataFrame([], "doc_id binary, arm string"))) == ["a", "b"]
