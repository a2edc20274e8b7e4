"""Slices are told apart by what annotators found, in quarters of held-out documents; nothing is said where nothing is known."""

from __future__ import annotations

from pyspark.sql import SparkSession
from tests.unit.attribute.tables import HASH, make_frame

from resonance.attribute.predicates import describe_documents
from resonance.core.settings import AttributeSettings
from resonance.tables import ANNOTATED, DOCUMENTS, DUPLICATES, EDITS, SIGNALS

DENSITIES = (0.0, 0.1, 0.2, 0.3, 0.9, None)
"""Of five held-out documents, and one of which nothing is known."""


def test_entities_are_told_in_quarters(spark: SparkSession) -> None:
    ids = [{"doc_id": bytes([n] * 16), "batch": "main"} for n in range(len(DENSITIES))]
    own = [row | {"content_hash": HASH} for row in ids]
    documents = make_frame(spark, DOCUMENTS, [row | {"cleaned_hash": HASH} for row in ids])
    found = [row | {"entity_density": density} for row, density in zip(own, DENSITIES, strict=True)][:-1]
    signals = {
        "basics": make_frame(spark, SIGNALS.tables["basics"], [row | {"language": "en"} for row in own]),
        "annotations": make_frame(spark, ANNOTATED.tables["annotations"], found),
    }
    chosen = spark.createDataFrame([(row["doc_id"], "main", True) for row in ids], "doc_id binary, batch string, held boolean")
    empty = (make_frame(spark, table, []) for table in (DUPLICATES, EDITS))
    rows = describe_documents(chosen, documents, signals, *empty, ("language", "entities")).orderBy("doc_id").collect()
    assert [row["entities"] for row in rows] == [*(f"entities = {n}" for n in (1, 1, 2, 3, 4)), None]
    assert {row["language"] for row in rows} == {"language = en"}


def test_annotations_are_read_where_a_feature_asks_for_them() -> None:
    assert AttributeSettings().sets == ("basics",)
    assert AttributeSettings(features=("language", "terms")).sets == ("basics", "annotations")
