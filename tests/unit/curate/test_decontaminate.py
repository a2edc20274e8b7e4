"""Documents that hold evaluation items never get into training, and name the item."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.ledger import drop_cut, drop_cut_before
from resonance.core.settings import DecontaminateSettings
from resonance.curate.contamination import look
from resonance.curate.contamination.register import ITEMS, register
from resonance.curate.decontaminate import decontaminate
from resonance.runtime import resources
from resonance.tables import CONTAMINATION, EVALUATION_ITEMS, REJECTS
from resonance.testing import documents_frame, hold

Checkpoint = Callable[[DataFrame, str], DataFrame]
LONG = "The miller opens the second gate in spring so that the stones do not run too fast, and his daughter counts the sacks"
QUIZ = [("long", LONG), ("short", "How many sacks of flour does the miller count"), ("yes", "Yes")]
TEXTS = {
    "verbatim": f"He reads. {LONG}. He sleeps.",
    "edited": LONG.replace("miller", "baker").replace("second", "third").replace("stones", "wheels"),
    "whole": "yes.",
    "several": f"{LONG} How many sacks of flour does the miller count?",
    "clean": "Nothing of all this is in here.",
    "empty": "",
    "unspaced": "x" * 50_000,
}


@pytest.fixture
def documents(spark: SparkSession) -> DataFrame:
    return hold(documents_frame(spark, [(key, "s", text) for key, text in TEXTS.items()]))


@pytest.fixture
def run(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path
) -> Callable[[DataFrame, DataFrame | None, list[tuple[str, str]]], tuple[DataFrame, DataFrame]]:
    def started(documents: DataFrame, rejects: DataFrame | None, quiz: list[tuple[str, str]]) -> tuple[DataFrame, DataFrame]:
        items = spark.createDataFrame([], resources.contract(EVALUATION_ITEMS).schema)
        if quiz:
            items = register("quiz", spark.createDataFrame(quiz, ITEMS), checkpoint)
        before = spark.createDataFrame([], resources.contract(REJECTS).schema) if rejects is None else rejects
        found, cut = decontaminate(
            documents, before, items, settings=DecontaminateSettings(), folder=tmp_path, turn=Turn("main"), checkpoint=checkpoint
        )
        return resources.contract(CONTAMINATION).conform(found), resources.contract(REJECTS).conform(cut)

    return started


def by_key(rows: DataFrame, documents: DataFrame) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows.join(documents.select("doc_id", "source_key"), "doc_id").orderBy("source_key", "value").collect():
        found.setdefault(row["source_key"], []).append(row)
    return found


def test_each_document_names_the_items_that_it_holds(run, documents) -> None:
    contamination, rejects = run(documents, None, QUIZ)
    found = by_key(contamination, documents)
    told = {key: {(r["set"], r["item_id"], r["method"]) for r in rows} for key, rows in found.items()}
    assert told == {
        "verbatim": {("quiz", "long", "ngram")},
        "edited": {("quiz", "long", "fuzzy")},
        "whole": {("quiz", "yes", "exact")},
        "several": {("quiz", "long", "ngram"), ("quiz", "short", "exact")},
    }
    cut = by_key(rejects, documents)
    assert {key: [(r["rule"], r["detail"], r["rank"]) for r in rows] for key, rows in cut.items()} == {
        "verbatim": [("contaminated", "quiz/long", 1)],
        "edited": [("contaminated", "quiz/long", 1)],
        "whole": [("contaminated", "quiz/yes", 1)],
        "several": [("contaminated", "quiz/long", 1)],
    }
    assert cut["edited"][0]["threshold"] == 0.4 <= cut["edited"][0]["value"] < 1


def test_what_was_cut_before_is_kept_from_training_too_and_counts_there(run, documents, spark) -> None:
    columns = {"step": "judge", "rule": "short", "version": "x@1", "rank": 1}
    rows = documents.where("source_key IN ('whole', 'clean')")
    before = rows.select("doc_id", "bucket", "batch", "source", "slice", *(F.lit(v).alias(k) for k, v in columns.items()))
    for name in ("path", "value", "threshold", "detail"):
        before = before.withColumn(name, F.lit(None))
    before = resources.contract(REJECTS).conform(before)
    _, rejects = run(documents, before, QUIZ)
    ranks = {key: rows[0]["rank"] for key, rows in by_key(rejects, documents).items()}
    assert ranks == {"verbatim": 1, "edited": 1, "several": 1, "whole": 2}
    came = drop_cut_before("decontaminate", documents, before.unionByName(rejects))
    assert came.count() == drop_cut(came, rejects).count() + rejects.where("rank = 1").count() == 5
    assert {r["source_key"] for r in drop_cut(documents, rejects).collect()} == {"clean", "empty", "unspaced"}


def test_nothing_registered_and_nothing_to_look_at(run, documents) -> None:
    for rows in (*run(documents, None, []), *run(documents.where("false"), None, QUIZ)):
        assert rows.isEmpty()


def test_the_same_result_for_any_partitioning(run, documents) -> None:
    one, other = (run(documents.repartition(n), None, QUIZ) for n in (1, 8))
    assert [sorted(rows.collect()) for rows in one] == [sorted(rows.collect()) for rows in other]


def test_a_registry_that_is_too_large_is_refused(run, documents, monkeypatch) -> None:
    monkeypatch.setattr(look, "MOST_BYTES", 50)
    with pytest.raises(ResonanceError, match="table evaluation_items holds"):
        run(documents, None, QUIZ)
