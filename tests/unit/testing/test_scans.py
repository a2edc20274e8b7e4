"""What queries read is counted, wherever they read it."""

from __future__ import annotations

from resonance.testing import ScanCounter, find_scans


def test_rows_are_counted_as_often_as_they_are_read(spark, tmp_path):
    counter = ScanCounter(tmp_path / "counts")
    rows = counter.watch(spark.range(100).repartition(3, "id"))
    assert counter.rows() == 0, "a plan reads nothing"
    assert rows.where("id < 10").count() == 10
    assert counter.rows() == 100
    assert rows.groupBy((rows["id"] % 2).alias("odd")).count().count() == 2
    assert counter.rows() == 200


def test_scans_of_files_are_found_with_their_columns(spark, tmp_path):
    spark.range(10).selectExpr("id", "id AS other", "string(id) AS text").write.parquet(str(tmp_path / "rows"))
    rows = spark.read.parquet(str(tmp_path / "rows"))
    assert find_scans(rows.select("other")) == [{"other"}]
    joined = rows.select("id").join(rows.where("other > 3").select("id", "text"), "id")
    assert sorted(map(sorted, find_scans(joined))) == [["id"], ["id", "other", "text"]]
