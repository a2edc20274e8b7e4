"""Versions of documents: the newest delivery counts, against a plain definition on random deliveries."""

from __future__ import annotations

import random

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.core.versions import find_superseded, leave_superseded, order_batches


def test_batches_come_in_the_order_of_their_deliveries() -> None:
    assert order_batches({"november", "october", "older", "old"}, ["october", "november", "december"]) == [
        "old",
        "older",
        "october",
        "november",
    ]


def test_all_but_the_newest_version_are_superseded(spark: SparkSession) -> None:
    draw = random.Random(5)
    order = ["z", "a", "m", "b"]
    rows = {(draw.randrange(30).to_bytes(16, "big"), batch) for batch in order for _ in range(20)}
    frame = spark.createDataFrame(sorted(rows), "doc_id binary, batch string")
    newest = {id: max((b for i, b in rows if i == id), key=order.index) for id, _ in rows}
    expected = {(id, batch, newest[id]) for id, batch in rows if batch != newest[id]}
    found = find_superseded(frame, order)
    assert {(bytes(row["doc_id"]), row["batch"], row["by"]) for row in found.collect()} == expected
    rejects = found.drop("by").withColumn("rule", F.lit("superseded"))
    left = leave_superseded(frame, rejects.unionByName(frame.withColumn("rule", F.lit("empty")))).collect()
    assert {(bytes(row["doc_id"]), row["batch"]) for row in left} == set(newest.items())
