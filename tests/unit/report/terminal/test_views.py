"""What `resonance why` shows of a document in clusters: for each method its keeper and their similarity."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.worked import worked_frames

from resonance.report.terminal.views import describe_document


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    return worked_frames(spark, 60, rounds=0)


def read_clusters(frames: dict[str, DataFrame], where: str) -> tuple[list[str], str]:
    """The lines on clusters of a document whose row in ``duplicates`` is such, and its keeper."""
    row = frames["duplicates"].where(where).orderBy("doc_id").first()
    assert row is not None
    lines = [line for line in describe_document(frames, row["doc_id"].hex()) if line.startswith("cluster")]
    return lines, row["keeper"].hex()


def test_each_method_names_the_keeper_and_its_similarity(frames: dict[str, DataFrame]) -> None:
    lines, keeper = read_clusters(frames, "method = 'exact' AND doc_id != keeper")
    assert lines[0].endswith(f" documents, keeper is {keeper}, its text is equal")
    lines, keeper = read_clusters(frames, "method = 'near' AND doc_id != keeper")
    assert lines[-1].endswith(f" documents, keeper is {keeper}, connected by shared MinHash bands")
    verified = frames["duplicates"].where("method = 'near'").withColumns({"method": F.lit("verified"), "similarity": F.lit(0.8125)})
    lines, keeper = read_clusters(frames | {"duplicates": verified}, "doc_id != keeper")
    assert lines == [f"cluster   verified: 2 documents, keeper is {keeper}, 0.812 of its shingles alike"]


def test_a_keeper_is_named_as_one(frames: dict[str, DataFrame]) -> None:
    lines, _ = read_clusters(frames, "method = 'exact' AND doc_id = keeper")
    assert lines[0].endswith(" documents, kept as the longest")
