"""What becomes of the files of an evaluation set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from resonance.core.errors import InputError
from resonance.core.settings import IngestSettings
from resonance.curate.contamination.register import ITEMS, demo_items, describe_items, read_items, register
from resonance.tables import EVALUATION_ITEMS
from resonance.testing import MemoryCatalog

Checkpoint = Callable[[DataFrame, str], DataFrame]
ROWS = [{"id": "a", "text": "What is it?"}, {"id": "b", "text": " ".join(f"word{n}" for n in range(20))}]


def made(spark: SparkSession, checkpoint: Checkpoint, folder: Path, lines: list[str], **settings: str) -> list[Row]:
    (folder / "quiz.jsonl").write_text("".join(line + "\n" for line in lines))
    asked = IngestSettings(inputs=(str(folder / "quiz.jsonl"),), **settings)
    rows = register("quiz", read_items("quiz", spark, asked, checkpoint), checkpoint)
    catalog = MemoryCatalog(spark)
    catalog.write(EVALUATION_ITEMS, rows, {"set": "quiz"}, {})
    return sorted(catalog.read(EVALUATION_ITEMS).collect())


def test_items_with_how_they_are_looked_for(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    rows = made(spark, checkpoint, tmp_path, [json.dumps(row) for row in ROWS])
    assert [(r["set"], r["item_id"], r["text"], r["method"]) for r in rows] == [
        ("quiz", "a", ROWS[0]["text"], "exact"),
        ("quiz", "b", ROWS[1]["text"], "words"),
    ]
    again = made(spark, checkpoint, tmp_path, [json.dumps(row) for row in reversed(ROWS)])
    other = made(spark, checkpoint, tmp_path, [json.dumps(row) for row in [*ROWS, {"id": "c", "text": "another"}]])
    assert rows == again
    assert {r["version"] for r in rows}.isdisjoint(r["version"] for r in other)


def test_fields_by_name_and_places_as_ids(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    rows = made(spark, checkpoint, tmp_path, ['{"question": "中文"}', '{"question": "why"}'], text_field="question")
    assert [(r["item_id"], r["text"]) for r in rows] == [("quiz.jsonl:1", "中文"), ("quiz.jsonl:2", "why")]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "hold no item"),
        (['{"id": "a", "text": "?!"}'], "item a has no word"),
        (['{"id": "a", "text": "one"}', '{"id": "a", "text": "two"}'], "2 items have the id a"),
        (['{"id": "a", "text": "one"}', "{broken"], "row 2: invalid_json"),
        (['{"id": "a", "text": null}'], "row 1: missing_text"),
    ],
)
def test_bad_sets_are_refused_whole(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        made(spark, checkpoint, tmp_path, lines)


def test_bad_names_are_refused(spark: SparkSession, checkpoint: Checkpoint) -> None:
    with pytest.raises(InputError, match="a name is made of"):
        register("a b", spark.createDataFrame([("a", "one")], ITEMS), checkpoint)


def test_the_demo_has_items_of_its_own(spark: SparkSession, checkpoint: Checkpoint) -> None:
    rows = register("demo", demo_items(spark), checkpoint).collect()
    assert len(rows) >= 10
    assert {r["method"] for r in rows} == {"words"}


def test_short_items_are_told_and_one_word_is_warned_of(spark: SparkSession) -> None:
    texts = {"q1": "Paris", "q2": "4", "q3": "True?", "q4": "two words", "q5": " ".join(f"word{n}" for n in range(8)), "q6": "中文"}
    items = spark.createDataFrame([("quiz", id, text) for id, text in texts.items()], "set string, item_id string, text string")
    others = spark.createDataFrame([("other", "o", "one")], items.schema)
    count, short, one = describe_items("quiz", items.unionByName(others))
    assert count.startswith("evaluation set quiz: 6 items registered")
    assert short.startswith("5 of them have fewer than 8 words")
    assert one.startswith("WARNING: 3 items are a single word (q1, q2, q3), ")
    assert len(describe_items("quiz", items.where("item_id = 'q5'"))) == 1
