"""Rows of the driver become frames on Spark 3.5 as they do on 4."""

from __future__ import annotations

from pyspark.sql import SparkSession

from resonance.core.frames import make_frame


def test_whole_numbers_are_doubles_where_the_schema_says_so(spark: SparkSession) -> None:
    schema = "d double, m map<string,double>, l array<double>, s array<struct<x:double>>"
    frame = make_frame(spark, [(0, {"a": 1}, [1, None], [{"x": 2}])], schema)
    (row,) = frame.collect()
    assert (row["d"], row["m"], row["l"], row["s"][0]["x"]) == (0.0, {"a": 1.0}, [1.0, None], 2.0)
    assert make_frame(spark, [], "a int, m map<string,int>").collect() == []


def test_rows_that_tests_collect_hold_bytes(spark: SparkSession) -> None:
    frame = spark.sql("SELECT X'01' AS a, array(X'02') AS l, map('k', X'03') AS m, struct(X'04' AS x) AS s")
    (row,) = frame.collect()
    first = frame.first()
    assert first is not None
    assert {row["a"], *row["l"], *row["m"].values(), row["s"]["x"]} == {b"\1", b"\2", b"\3", b"\4"}
    assert row.asDict() == {"a": b"\1", "l": [b"\2"], "m": {"k": b"\3"}, "s": row["s"]}
    assert type(first["a"]) is bytes
