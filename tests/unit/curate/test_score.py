"""The quality score: equal to its definition, in 0…1, and worse for worse texts."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from resonance.core.job import Turn
from resonance.core.settings import ScoreSettings
from resonance.curate.score import COLUMNS, measure, parts_plainly, score
from resonance.runtime import resources
from resonance.tables import SIGNALS
from resonance.testing import documents_frame

PROSE = "The harbour lies quiet in the morning.\nNobody has come back from the sea yet.\nWe wait, and count the boats."


@settings(max_examples=100)
@given(st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=4), st.integers(1, 20))
def test_the_pass_measures_what_the_definition_says(texts: list[str | None], head_words: int) -> None:
    found = measure(pa.array(["left out", *texts], pa.large_string()).slice(1), head_words)
    for index, text in enumerate(texts):
        assert {name: values[index].as_py() for name, values in found.items()} == parts_plainly(text or "", head_words)


def test_parts() -> None:
    parts = parts_plainly("a b\na b\nc d.\n\n", 1_000)
    assert parts["unique_word_ratio"] == 4 / 6
    assert parts["dup_line_ratio"] == 1 - 2 / 3
    assert parts["punct_line_ratio"] == 1 / 3
    assert parts["compression_ratio"] is not None
    assert parts["compression_ratio"] > 1
    assert parts["quality"] == (1 + 1 + 2 / 3 + 1 / 3) / 4


@pytest.mark.parametrize("worse", [PROSE.replace(".", ""), "\n".join([PROSE] * 20), "buy buy buy now\n" * 50])
def test_worse_texts_score_lower(worse: str) -> None:
    good, bad = parts_plainly(PROSE, 1_000)["quality"], parts_plainly(worse, 1_000)["quality"]
    assert good is not None
    assert bad is not None
    assert 0 <= bad < good <= 1


def test_rows_of_the_signals_table(spark: SparkSession) -> None:
    texts = [PROSE, "word", "\n", PROSE * 3]
    documents = documents_frame(spark, [(str(index), "all", text) for index, text in enumerate(texts)])
    rows = score(documents, settings=ScoreSettings(head_words=12), turn=Turn("main"))
    assert set(rows.columns) == {column.name for column in resources.contract(SIGNALS).columns}
    found = {row.doc_id: row for row in resources.contract(SIGNALS).conform(rows).collect()}
    for document in documents.collect():
        row = found.pop(document.doc_id)
        assert {name: row[name] for name in COLUMNS} == parts_plainly(document.text, 12)
        assert (row.bucket, row.content_hash, row.batch) == (document.bucket, document.content_hash, "main")
        assert (row.set, row.version, row.n_words, row.language) == ("quality", 1, None, None)
    assert not found


def test_no_rows(spark: SparkSession) -> None:
    assert score(documents_frame(spark, []), settings=ScoreSettings(), turn=Turn("main")).collect() == []
