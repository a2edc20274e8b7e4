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
