"""What went as a copy is counted by its source and its keeper's, as plain Python counts it; a few pairs are shown."""

from __future__ import annotations

from collections import Counter

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from resonance.report import copies
from resonance.report.copies import Crossed, crossed, largest, pairs

DOCUMENTS = {b"a": ("one", 10), b"b": ("two", 20), b"c": ("two", 30), b"d": ("one", 40), b"e": ("three", 50)}
CUT = {b"b": (b"a", "exact_duplicate"), b"c": (b"a", "near_duplicate"), b"d": (b"a", "near_duplicate"), b"e": (b"a", "judged")}


@pytest.fixture
def documents(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(id, *rest) for id, rest in DOCUMENTS.items()], "doc_id binary, source string, n_bytes int")


@pytest.fixture
def rejects(spark: SparkSession) -> DataFrame:
    rows = [(("judge" if rule == "judged" else "dedupe"), 1, id, rule, keeper.hex()) for id, (keeper, rule) in CUT.items()]
    return spark.createDataFrame(
        [*rows, ("dedupe", 2, b"b", "later", b"a".hex())], "step string, rank int, doc_id binary, rule string, detail string"
    )


def test_copies_are_summed_by_rule_and_both_sources(documents: DataFrame, rejects: DataFrame) -> None:
    found = crossed(rejects, documents)
    assert found[0] == Crossed(None, None, None, 3, 90)
    plain = Counter((rule, DOCUMENTS[id][0], DOCUMENTS[keeper][0]) for id, (keeper, rule) in CUT.items() if rule != "judged")
    assert {(c.rule, c.source, c.keeper): c.documents for c in found if c.keeper} == plain
    assert {c.rule: c.bytes for c in found if c.rule and c.source is None} == {"exact_duplicate": 20, "near_duplicate": 70}


def test_no_more_than_the_most_come_back(documents: DataFrame, rejects: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST", 2)
    assert crossed(rejects, documents) == (Crossed(None, None, None, 3, 90), Crossed("near_duplicate", None, None, 2, 70))


def test_the_largest_clusters_of_each_method_with_their_least_similar_document(spark: SparkSession) -> None:
    rows = [
        ("verified", b"k", size, f"k{size}".encode(), f"{size}-{n}".encode(), 0.9 - n / 10)
        for size in range(2, 8)
        for n in range(size)
    ]
    rows += [("verified", b"k", size, f"k{size}".encode(), f"k{size}".encode(), None) for size in range(2, 8)]
    rows += [("verified", b"k", 9, b"k9", b"unknown", None), ("verified", b"k", 9, b"k9", b"known", 0.1)]
    rows += [("exact", b"k", 2, b"k1", id, None) for id in (b"k1", b"z", b"y")]
    schema = "method string, cluster_id binary, size int, keeper binary, doc_id binary, similarity double"
    found = largest(spark.createDataFrame(rows, schema))
    assert [(r["method"], r["size"], bytes(r["doc_id"]), r["similarity"] and round(r["similarity"], 1)) for r in found] == [
        ("exact", 2, b"y", None),
        ("verified", 9, b"unknown", None),
        ("verified", 7, b"7-6", 0.3),
        ("verified", 6, b"6-5", 0.4),
    ]
    texts = {bytes(row["doc_id"]): Row(source="s", text="t") for row in found} | {b"k7": Row(source="k", text=None)}
    (pair,) = pairs(found, texts)
    assert (pair.stays, pair.stays_source, pair.stays_text, pair.goes, pair.goes_text) == (
        b"k7".hex(),
        "k",
        None,
        b"7-6".hex(),
        "t",
    )
