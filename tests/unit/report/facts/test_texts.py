"""What a report shows of texts names no person, wherever it is cut off."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.report.facts.texts import HEAD, hide_persons, read_starts, read_texts
from resonance.testing import documents_frame


def test_values_are_hidden_and_places_stay() -> None:
    texts = ["写信给 zhang.san@example.com 吧", None, "nothing", ""]
    assert hide_persons(texts) == ["写信给 ********************* 吧", None, "nothing", ""]
    assert hide_persons([]) == []


def test_a_value_that_is_cut_off_is_hidden_too(spark: SparkSession) -> None:
    rows = [("a", "s", "x" * (HEAD - 5) + " zhang.san@example.com"), ("b", "s", "short"), ("c", "s", "never asked for")]
    documents = documents_frame(spark, rows)
    ids = {row["source_key"]: bytes(row["doc_id"]) for row in documents.collect()}
    asked = {ids["a"], ids["b"], b"absent"}
    assert read_starts(documents, asked, shown=True) == {ids["a"]: "x" * (HEAD - 5) + " ****", ids["b"]: "short"}
    found = read_texts(documents, asked, F.lit(3), shown=True)
    assert {row["text"] for row in found.values()} == {"xxx", "sho"}
    assert {row["text"] for row in read_texts(documents, asked, F.lit(3), shown=False).values()} == {None}
    assert read_starts(documents, asked, shown=False) == {}
