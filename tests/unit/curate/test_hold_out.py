"""Held-out documents: whole clusters, a stable share, and no pull on what the sampler finds."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Turn
from resonance.core.settings import AppraiseSettings, RebalanceSettings
from resonance.curate.hold_out import hold_out
from resonance.curate.rebalance import rebalance
from resonance.runtime import resources
from resonance.tables import DUPLICATES, REJECTS, SAMPLE_PLAN, SAMPLE_WEIGHTS, SIGNAL_EVENT
from resonance.testing import documents_frame


def held(
    documents: DataFrame, duplicates: DataFrame | None = None, rejects: DataFrame | None = None, share: float = 0.3
) -> list[Any]:
    spark = documents.sparkSession
    rows = hold_out(
        documents,
        spark.createDataFrame([], resources.contract(REJECTS).schema) if rejects is None else rejects,
        spark.createDataFrame([], resources.contract(DUPLICATES).schema) if duplicates is None else duplicates,
        settings=RebalanceSettings(heldout_share=share),
        seed=3,
    )
    return resources.contract(SAMPLE_PLAN).conform(rows).orderBy("pos").collect()


def many(spark: SparkSession, count: int) -> DataFrame:
    return documents_frame(spark, [(str(index), "ab"[index % 2], f"text {index}") for index in range(count)])


def test_a_share_is_held_out_in_an_order_without_gaps(spark: SparkSession) -> None:
    documents = many(spark, 2_000)
    rows = held(documents)
    assert len(rows) == pytest.approx(600, abs=4 * (2_000 * 0.3 * 0.7) ** 0.5)
    assert [row["pos"] for row in rows] == list(range(len(rows)))
    assert {(r["round"], r["arm"], r["epoch"], r["copy"], r["pi"], r["weight"]) for r in rows} == {(0, "heldout", 0, 0, 1.0, 1.0)}
    more = {bytes(row["doc_id"]) for row in held(documents.repartition(8, "text"), share=0.5)}
    assert {bytes(row["doc_id"]) for row in rows} < more


def test_clusters_go_as_a_whole_near_ones_first(spark: SparkSession) -> None:
    documents = many(spark, 300).withColumn("n", F.col("source_key").cast("int"))
    first = documents.select(F.col("doc_id").alias("cluster_id"), F.col("n").alias("k"))
    near = documents.withColumn("k", (F.col("n") / 3).cast("int") * 3).join(first, "k").withColumn("method", F.lit("near"))
    exact = documents.withColumn("k", (F.col("n") / 2).cast("int") * 2).join(first, "k").withColumn("method", F.lit("exact"))
    columns = ["doc_id", "method", "cluster_id"]

    both = exact.select(columns).unionByName(near.where("n < 150").select(columns))
    chosen = {bytes(row["doc_id"]) for row in held(documents.drop("n"), both, share=0.5)}
    groups: dict[int, set[bool]] = {}
    for row in documents.select("doc_id", "n").collect():
        cluster = row["n"] // 3 if row["n"] < 150 else 1_000 + row["n"] // 2
        groups.setdefault(cluster, set()).add(bytes(row["doc_id"]) in chosen)
    assert all(len(answers) == 1 for answers in groups.values())
    assert {True} in groups.values()
    assert {False} in groups.values()


def test_cut_documents_are_not_held_out(spark: SparkSession) -> None:
    documents = many(spark, 100)
    rejects = documents.where("slice = 'a'").select("doc_id", "batch", F.lit("dedupe").alias("step"))
    assert {row["slice"] for row in held(documents, rejects=rejects, share=0.9)} == {"b"}


def test_what_is_left_is_drawn_at_its_full_rate(spark: SparkSession) -> None:
    documents = many(spark, 3_000)
    apart = spark.createDataFrame(held(documents, share=0.5), resources.contract(SAMPLE_PLAN).schema)
    left = documents.join(apart, "doc_id", "left_anti")
    budget = left.agg(F.sum("n_bytes")).collect()[0][0]
    rejects = spark.createDataFrame([], resources.contract(REJECTS).schema)
    plan = spark.createDataFrame(
        [(1, "a", 0.5, 9.0), (1, "b", 0.5, 9.0)], "round int, slice string, weight double, limit_share double"
    )
    unread = (spark.createDataFrame([], resources.contract(table).schema) for table in (SAMPLE_WEIGHTS, SIGNAL_EVENT))
    frames = documents, rejects, apart, plan, *unread
    settings = RebalanceSettings(tokens=budget // 10, bytes_per_token=1.0)
    given = {"settings": settings, "appraising": AppraiseSettings(), "turn": Turn("main", round=1), "seed": 3}
    rows = rebalance(*frames, **given).collect()
    expected = left.count() / 10
    assert len(rows) == pytest.approx(expected, abs=4 * expected**0.5)
    assert not {bytes(row["doc_id"]) for row in rows} & {bytes(row["doc_id"]) for row in apart.collect()}
