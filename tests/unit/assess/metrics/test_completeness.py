"""What is there, by hand."""

from __future__ import annotations

from resonance.assess.measure import measure
from resonance.assess.metrics.completeness import Completeness, CompleteRecords

ROWS = [(1, "a", None), (2, None, 2.0), (3, "", float("nan")), (4, None, None)]


def test_completeness_is_the_share_of_values_that_are_not_null(spark):
    rows = spark.createDataFrame(ROWS, "id bigint, text string, x double")
    found = measure(rows, [Completeness("id"), Completeness("text"), Completeness("x")])
    assert [result.value for result in found] == [1.0, 0.5, 0.5]
    assert found[1].state == {"present": 2, "rows": 4}


def test_a_record_is_complete_where_every_required_column_is(spark, shop):
    rows = spark.createDataFrame(ROWS, "id bigint, text string, x double")
    found = measure(rows, [CompleteRecords(("id", "text")), CompleteRecords(("text", "x"))])
    assert [result.value for result in found] == [0.5, 0.25]
    assert CompleteRecords.of(shop) == (CompleteRecords(("id", "part", "size")),)
