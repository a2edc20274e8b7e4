"""What a report shows of texts names no person, wherever it is cut off."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.unit.report.loop import loop_facts

from resonance.core.expression import NO_MORE, Hidden
from resonance.curate.kernels.names import chinese_words
from resonance.report.facts.texts import HEAD, hide_persons, read_starts, read_texts
from resonance.testing import documents_frame


def test_values_are_hidden_and_places_stay() -> None:
    texts = ["写信给 zhang.san@example.com 吧", None, "nothing", ""]
    assert hide_persons(texts, NO_MORE) == ["写信给 ********************* 吧", None, "nothing", ""]
    assert hide_persons(texts, Hidden((("word", "no[a-z]+"),))) == ["写信给 ********************* 吧", None, "*******", ""]
    assert hide_persons([], NO_MORE) == []


def test_names_are_hidden_where_a_step_looked_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["张伟住在北京市学院路5号，电话 13800138001。", "plain words", None]
    assert hide_persons(texts, Hidden(names=True)) == ["**住在********，电话 ***********。", "plain words", None]
    assert hide_persons(texts, NO_MORE)[0] == "张伟住在北京市学院路5号，电话 ***********。"
    monkeypatch.setattr(chinese_words, "PACKAGES", ("no_such_package",))
    assert hide_persons(texts, Hidden(names=True)) == ["**********5*，** ***********。", "plain words", None]


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
    own = loop_facts(hidden=Hidden((("length", "s[a-z]+t"),)))
    assert read_starts(documents, {ids["b"]}, own) == {ids["b"]: "*****"}
