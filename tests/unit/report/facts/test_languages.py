"""Documents by language: each counts once, and what came of a language is what stayed of it and what was cut."""

from __future__ import annotations

from collections import Counter

from pyspark.sql import DataFrame, SparkSession

from resonance.core.ledger import drop_cut
from resonance.report.facts.languages import LanguageCount, count_languages

CAME = {"e1": "en", "e2": "en", "e3": "en", "e4": "en", "t1": "th", "t2": "th", "n1": None, "absent": ""}
"""Documents by name with their language; of one no signal was measured."""
CUTS = (
    ("judge", "e1", "gopher.short_doc", 1),
    ("judge", "e1", "gopher.stop_words", 2),
    ("dedupe", "e1", "exact_duplicate", 1),  # left by an older run: what cut it first counts
    ("dedupe", "e2", "near_duplicate", 1),
    ("decontaminate", "t1", "item", 1),
    ("judge", "n1", "any_language.too_few_letters", 1),
    ("clean", "e4", "empty", 1),  # the second row of that id never became a document
    ("ingest", None, "invalid_json", 1),
)


def make_frames(spark: SparkSession) -> tuple[DataFrame, DataFrame, DataFrame]:
    ids = {name: name.encode() for name in CAME}
    documents = spark.createDataFrame([(id, "main", name) for name, id in ids.items()], "doc_id binary, batch string, text string")
    told = [(ids[name], "main", language) for name, language in CAME.items() if language != ""]
    basics = spark.createDataFrame([*told, (ids["e3"], "old", "fr")], "doc_id binary, batch string, language string")
    cut = [(step, id and ids[id], "main", rule, rank) for step, id, rule, rank in CUTS]
    rejects = spark.createDataFrame(cut, "step string, doc_id binary, batch string, rule string, rank int")
    return documents, basics, rejects


def test_each_document_counts_once_at_the_first_step_that_cut_it(spark: SparkSession) -> None:
    assert count_languages(*make_frames(spark)) == (
        LanguageCount(None, None, None, 1),
        LanguageCount(None, "judge", "any_language.too_few_letters", 1),
        LanguageCount("en", None, None, 2),
        LanguageCount("en", "dedupe", "near_duplicate", 1),
        LanguageCount("en", "judge", "gopher.short_doc", 1),
        LanguageCount("th", None, None, 1),
        LanguageCount("th", "decontaminate", "item", 1),
    )


def test_of_each_language_what_came_stays_or_was_cut(spark: SparkSession) -> None:
    documents, basics, rejects = make_frames(spark)
    stayed = Counter(CAME[row["text"]] or None for row in drop_cut(documents, rejects).collect())
    found = count_languages(documents, basics, rejects)
    cut: Counter[str | None] = Counter()
    for part in found:
        cut[part.language] += part.documents if part.step else 0
    assert {part.language: part.documents for part in found if part.step is None} == stayed
    assert stayed + cut == Counter(language or None for language in CAME.values())
