"""What keeps the rules of its contract, by hand."""

from __future__ import annotations

from resonance.assess.measure import measure
from resonance.assess.metrics.normativity import Validity
from resonance.runtime import resources
from resonance.tables import TABLES


def test_validity_is_the_share_of_rows_for_which_the_rule_is_true(spark, shop):
    rows = spark.createDataFrame(
        [(1, "a", "one", 3), (2, "a", "three", 3), (3, "a", None, 3), (4, "a", "id", 9)],
        "id bigint, part string, text string, size int",
    )
    by_name = {result.metric: result for result in measure(rows, Validity.of(shop))}
    assert by_name["validity[size_not_negative]"].value == 1.0
    assert by_name["validity[text_fits]"].state == {"valid": 1, "rows": 4}


def test_a_rule_reads_the_columns_that_it_names(shop):
    size, text = Validity.of(shop)
    assert [column.name for column in size.columns] == ["size"]
    assert [column.name for column in text.columns] == ["text", "size"], "and no word of a string literal"


def test_each_rule_of_each_contract_names_a_column():
    for table in TABLES:
        assert all(metric.columns for metric in Validity.of(resources.contract(table))), table.name
