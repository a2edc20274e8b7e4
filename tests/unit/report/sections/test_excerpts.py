"""Examples of a policy at work: the texts nearest to a threshold, and places that rewriting changed."""

from __future__ import annotations

import hashlib

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from tests.unit.report.loop import loop_facts

from resonance.core.expression import Hidden
from resonance.report.sections import excerpts as module
from resonance.report.sections.excerpts import Excerpts, gather_excerpts
from resonance.testing import documents_frame

BEFORE = "Menu\nOne line that stays here.\nTurn javascript on please.\nThe end [12] of it."
AFTER = "One line that stays here.\nThe end  of it."
CUTS = (("too_few_words", "Menu\n"), ("javascript", "Turn javascript on please.\n"), ("citation", "[12]"))
RULE = Row(position=1, rule="short", set="datatrove", signal="n_words", side="below", threshold=50.0, languages=None)


def frames_of(spark: SparkSession, values: dict[str, float | None], raw: str | None = BEFORE) -> dict[str, DataFrame]:
    documents = documents_frame(spark, [(key, "s", AFTER if key == "edited" else f"text {key} " * 99) for key in values])
    ids = {row["source_key"]: bytes(row["doc_id"]) for row in documents.collect()}
    buckets = {row["source_key"]: row["bucket"] for row in documents.collect()}
    measured = [(ids[key], buckets[key], "main", value) for key, value in values.items()]
    hash = hashlib.sha256(BEFORE.encode()).digest()[:16]
    edits = [
        (ids["edited"], buckets["edited"], "main", hash, rule, [BEFORE.index(text)], [BEFORE.index(text) + len(text)], len(text))
        for rule, text in CUTS
        if "edited" in values
    ]
    return {
        "documents": documents,
        "raw": spark.createDataFrame([(id, raw) for id in ids.values()], "doc_id binary, text string"),
        "signals_datatrove": spark.createDataFrame(measured, "doc_id binary, bucket int, batch string, n_words double"),
        "edits": spark.createDataFrame(
            edits,
            "doc_id binary, bucket int, batch string, content_hash binary, rule string, "
            "starts array<int>, ends array<int>, characters int",
        ),
    }


def gather(frames: dict[str, DataFrame], documents: int, *rules: Row, **facts: object) -> Excerpts:
    rows = {"documents": documents, "edits": frames["edits"].count()}
    return gather_excerpts(frames, loop_facts(rows=rows, rules=rules, **facts))


def test_the_nearest_on_both_sides_are_shown_with_the_start_of_their_text(spark: SparkSession) -> None:
    values = {f"d{n}": float(n) for n in range(40, 61)} | {"null": None, "nan": float("nan")}
    found = gather(frames_of(spark, values), 23, RULE).borderline
    assert [(row.passes, row.value, row.threshold) for row in found] == [
        (False, 49.0, 50.0),
        (False, 48.0, 50.0),
        (True, 50.0, 50.0),
        (True, 51.0, 50.0),
    ]
    assert [row.text[:9] for row in found if row.text] == ["text d49 ", "text d48 ", "text d50 ", "text d51 "]
    assert {len(row.text or "") for row in found} == {module.HEAD}


def test_a_rule_of_some_languages_shows_documents_in_these(spark: SparkSession) -> None:
    frames = frames_of(spark, {f"d{n}": float(n) for n in range(46, 54)})
    measured = frames["signals_datatrove"]
    thai = F.when(F.col("n_words") < 50, F.col("n_words") < 48).otherwise(F.col("n_words") > 51)
    frames["signals_basics"] = measured.select("doc_id", "batch", F.when(thai, "th").otherwise("en").alias("language"))
    found = {said: gather(frames, 8, Row(**{**RULE.asDict(), "languages": said})).borderline for said in ("th", "all but th")}
    assert [row.value for row in found["th"]] == [47.0, 46.0, 52.0, 53.0]
    assert [row.value for row in found["all but th"]] == [49.0, 48.0, 50.0, 51.0]


def test_places_that_rewriting_changed_are_shown_before_and_after(spark: SparkSession) -> None:
    rewritten = gather(frames_of(spark, {"edited": 9.0}), 1).rewritten
    found = {row.rule: (row.before, f"{row.left}[{row.cut}]{row.right}") for row in rewritten}
    assert found == {
        "too_few_words": (f"[Menu\n]{BEFORE[5:65]}", f"[5]{AFTER}"),
        "javascript": (
            "Menu\nOne line that stays here.\n[Turn javascript on please.\n]The end [12] of it.",
            "One line that stays here.\n[27]The end  of it.",
        ),
        "citation": (
            f"{BEFORE[BEFORE.index('[12]') - module.AROUND :].replace('[12]', '[[12]]')}",
            "One line that stays here.\nThe end [4] of it.",
        ),
    }


def test_what_the_user_looks_for_is_hidden_in_texts_as_they_were_too(spark: SparkSession) -> None:
    found = gather(frames_of(spark, {"edited": 9.0}), 1, hidden=Hidden((("own", "One [a-z]+|javascr[a-z]+"),))).rewritten
    shown = {row.rule: (row.before, row.left) for row in found}
    assert shown["javascript"] == (
        "Menu\n******** that stays here.\n[Turn ********** on please.\n]The end [12] of it.",
        "******** that stays here.\n",
    )


@pytest.mark.parametrize("raw", [None, f" {BEFORE}"], ids=["not kept", "changed by cleaning"])
def test_without_the_text_as_it_was_only_what_is_left_is_shown(spark: SparkSession, raw: str | None) -> None:
    found = gather(frames_of(spark, {"edited": 9.0}, raw), 1).rewritten
    assert [row.before for row in found] == [None] * 3
    assert len({(row.left, row.right) for row in found}) == 3


def test_of_very_much_text_none_is_read(spark: SparkSession) -> None:
    frames = frames_of(spark, {"edited": 9.0, "other": 60.0})
    unread = {"raw": frames["raw"].where(F.expr("raise_error('read') IS NULL"))}
    found = gather(frames | unread, 2, RULE, texts_shown=False)
    assert [row.text for row in found.borderline] == [None, None]
    assert found.rewritten == ()


def test_nothing_gives_nothing(spark: SparkSession) -> None:
    assert gather(frames_of(spark, {}), 0, RULE) == Excerpts()
