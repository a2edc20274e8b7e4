"""Each document gets what its row teaches, and a content_hash that changes with the text, the question, the answer or the label."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from resonance.core.errors import ContractError
from resonance.core.settings import CleanSettings, TaskSettings
from resonance.curate.examples import SCHEMA, Parse, examples
from resonance.curate.prepare import NO_MASKING
from resonance.curate.signals.privacy import Masking
from resonance.curate.sources.row import arrow_schema

LABELS = TaskSettings(kind="classification", labels=("good", "bad"))
ANSWERS = TaskSettings(kind="instruction")
COLUMNS = ("doc_id", "bucket", "batch", "text_hash", "metadata")


def parse(task: TaskSettings, *metadata: str | None, masking: Masking = NO_MASKING) -> list[dict[str, object]]:
    """The rows that a worker makes of documents with these fields."""
    rows = [(bytes([n]) * 16, n, "main", b"h" * 16, fields) for n, fields in enumerate(metadata)]
    batch = pa.RecordBatch.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    (made,) = Parse(task, masking)(iter([batch]))
    assert made.schema == arrow_schema(SCHEMA)
    return list(made.to_pylist())


def test_fields_become_an_example_and_the_row_stays_whose_it_was() -> None:
    first, second = parse(LABELS, '{"label": "good", "other": 1}', '{"label": "bad"}')
    assert [row["label"] for row in (first, second)] == ["good", "bad"]
    assert (first["prompt"], first["answer"]) == (None, None)
    assert (second["doc_id"], second["bucket"], second["batch"], second["text_hash"]) == (b"\x01" * 16, 1, "main", b"h" * 16)


def test_an_instruction_has_its_question_as_messages_and_its_answer() -> None:
    (row,) = parse(ANSWERS, json.dumps({"instruction": "Add.", "input": "1 + 1", "output": "2"}))
    assert json.loads(str(row["prompt"])) == [{"role": "user", "content": "Add.\n\n1 + 1"}]
    assert (row["answer"], row["label"]) == ("2", None)


def test_signs_that_are_no_text_are_replaced_as_in_texts() -> None:
    (row,) = parse(ANSWERS, '{"instruction": "Add.", "output": "a\\ud800b"}')
    assert row["answer"] == "a\ufffdb"


def test_questions_and_answers_are_masked_as_texts_are() -> None:
    fields = {"instruction": "Mail\njane.doe@example.com now", "output": "I wrote to a@b.com"}
    (row,) = parse(ANSWERS, json.dumps(fields), masking=Masking("placeholders"))
    assert json.loads(str(row["prompt"])) == [{"role": "user", "content": "Mail\n<EMAIL> now"}]
    assert row["answer"] == "I wrote to <EMAIL>"
    (row,) = parse(LABELS, '{"label": "good"}', masking=Masking("placeholders"))
    assert (row["prompt"], row["answer"], row["label"]) == (None, None, "good")


@pytest.mark.parametrize("metadata", ['{"label": "ugly"}', "{}", None])
def test_a_row_that_teaches_nothing_is_an_error_that_names_it_and_what_to_do(metadata: str | None) -> None:
    with pytest.raises(ContractError, match=rf"table raw: document {'00' * 16} holds no example \(\w+\); run ingest again"):
        parse(LABELS, metadata)


def test_the_content_hash_is_that_of_text_label_prompt_and_answer(spark: SparkSession) -> None:
    fields = [{"label": "good"}, {"label": "bad"}, {"label": "bad"}]
    hashes = [b"1" * 16, b"1" * 16, b"2" * 16]
    raw = spark.createDataFrame([(bytes([n]) * 16, json.dumps(f)) for n, f in enumerate(fields)], "doc_id binary, metadata string")
    documents = spark.createDataFrame(
        [(bytes([n]) * 16, n, "main", text) for n, text in enumerate(hashes)],
        "doc_id binary, bucket int, batch string, content_hash binary",
    )
    rows = examples(raw, documents, settings=LABELS, cleaning=CleanSettings()).orderBy("bucket").collect()
    assert [bytes(row["text_hash"]) for row in rows] == hashes
    expected = [
        hashlib.sha256(b"\0".join((text, f["label"].encode(), b"", b""))).digest()[:16]
        for f, text in zip(fields, hashes, strict=True)
    ]
    assert [bytes(row["content_hash"]) for row in rows] == expected
    assert len(set(expected)) == 3
    assert {row["kind"] for row in rows} == {"classification"}
