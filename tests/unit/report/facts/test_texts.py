"""What a report shows of texts names no person, wherever it is cut off."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.unit.report.loop import loop_facts

from resonance.report.facts.texts import HEAD, hide_persons, read_starts, read_texts
from resonance.testing import documents_frame


def test_values_are_hidden_and_places_stay() -> None:
    texts = ["写信给 zhang.san@example.com 吧", None, "nothing", ""]
    assert hide_persons(texts, ()) == ["写信给 ********************* 吧", None, "nothing", ""]
    assert hide_persons(texts, (("word", "no[a-z]+"),)) == ["写信给 ********************* 吧", None, "*******", ""]
    assert hide_persons([], ()) == []


def test_a_value_that_is_cut_off_is_hidden_too(spark: SparkSession) -> None:
    rows = [("a", "s", "x" * (HEAD - 5) + " zhang.san@example.com"), ("b", "s", "short"), ("c", "s", "never asked for")]
    documents = documents_frame(spark, rows)
    ids = {row["source_key"]: bytes(row["doc_id"]) for row in documents.collect()}
    asked = {ids["a"], ids["b"], b"absent"}
    shown, unread = loop_facts(), loop_facts(texts_shown=False)
    assert read_starts(documents, asked, shown) == {ids["a"]: "x" * (HEAD - 5) + " ****", ids["b"]: "short"}
    found = read_texts(documents, asked, F.lit(3), shown)
    assert {row["text"] for row in found.values()} == {"xxx", "sho"}
    assert {row["text"] for row in read_texts(documents, asked, F.lit(3), unread).values()} == {None}
    assert read_starts(documents, asked, unread) == {}
    own = loop_facts(patterns=(("length", "s[a-z]+t"),))
    assert read_starts(documents, {ids["b"]}, own) == {ids["b"]: "*****"}
