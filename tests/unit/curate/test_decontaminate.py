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
from resonance.core.pseudonyms import KEY
from resonance.core.settings import CleanSettings, DecontaminateSettings
from resonance.curate.contamination import look
from resonance.curate.contamination.register import ITEMS, register
from resonance.curate.decontaminate import decontaminate
from resonance.curate.signals.privacy import choose_masking, mask_strings
from resonance.factory import DECONTAMINATE
from resonance.runtime import resources
from resonance.tables import CONTAMINATION, EVALUATION_ITEMS, REJECTS
from resonance.testing import documents_frame, hold

NO_MASK = CleanSettings()
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
def run(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> Callable[..., tuple[DataFrame, DataFrame]]:
    def started(
        documents: DataFrame, rejects: DataFrame | None, quiz: list[tuple[str, str]], cleaning: CleanSettings = NO_MASK
    ) -> tuple[DataFrame, DataFrame]:
        items = spark.createDataFrame([], resources.contract(EVALUATION_ITEMS).schema)
        if quiz:
            items = register("quiz", spark.createDataFrame(quiz, ITEMS), checkpoint)
        before = spark.createDataFrame([], resources.contract(REJECTS).schema) if rejects is None else rejects
        found, cut = decontaminate(
            documents,
            before,
            items,
            settings=DecontaminateSettings(),
            cleaning=cleaning,
            folder=tmp_path,
            turn=Turn("main"),
            checkpoint=checkpoint,
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


PERSONS = "Write to ann.lee@leakcorp.com or bob.ray@leakcorp.com, call 13912345678, or cc kim.oh@leakcorp.com and EMP-7 today"
"""Between any two values stand too few words for a run of thirteen, or to be like the item by four tenths."""


@pytest.mark.parametrize("mask", ["none", "placeholders", "pseudonyms"])
def test_masked_texts_are_held_against_masked_items(run, spark, monkeypatch, mask) -> None:
    monkeypatch.setenv(KEY, "the key of this test, long enough")
    cleaning = CleanSettings(mask=mask, patterns={"badge": "EMP-[0-9]"})
    masking = choose_masking(cleaning)
    given = {"held": f"The mill is old. {PERSONS}. It turns.", "whole": "13912345679", "free": "Nothing is in here."}
    masked = dict(zip(given, mask_strings(list(given.values()), masking), strict=True))
    assert (masked == given) == (mask == "none")
    masked["unmasked"] = given["held"]  # a batch that was cleaned before masking was asked for
    documents = hold(documents_frame(spark, [(key, "s", text) for key, text in masked.items()]))
    quiz = [("item", f"\r\n{PERSONS}"), ("number", "139 1234 5679"), ("plain", LONG)]
    contamination, rejects = run(documents, None, quiz, cleaning)
    found = {key: [(r["item_id"], r["method"], r["value"]) for r in rows] for key, rows in by_key(contamination, documents).items()}
    assert {key: [(item, method) for item, method, _ in rows] for key, rows in found.items()} == {
        "held": [("item", "ngram")],
        "unmasked": [("item", "ngram")],
        **({} if mask == "none" else {"whole": [("number", "exact")]}),
    }
    assert rejects.count() == len(found)
    assert run(documents, None, quiz, CleanSettings())[0].where("method = 'ngram'").count() == 1 + (mask == "none")


def test_another_masking_makes_the_step_stale() -> None:
    assert DECONTAMINATE.wiring.sections == {"settings": "decontaminate", "cleaning": "clean"}
    assert {"mask", "key_name", "names"} == set(DECONTAMINATE.heeds["clean"]) <= CleanSettings().effective().keys()


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
