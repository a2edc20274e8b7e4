"""What `resonance why` shows of a document in clusters: for each method its keeper and their similarity."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.worked import worked_frames

from resonance.report.terminal.views import describe_document, describe_value


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


def test_explain_says_whether_the_last_round_was_worth_it_and_what_the_weighting_costs(spark: SparkSession) -> None:
    effects = "round int, arm string, slice string, n_docs bigint, bpb double, delta double, delta_low double, delta_high double"
    evaluations = [(2, "plan", "*", 9, 2.5, 0.2, 0.1, 0.3), (2, "control", "*", 9, 2.3, None, None, None)]
    tokens = [(2, "plan", 1, True, 900, 1), (2, "control", 1, True, 901, 1)]
    plans = [
        (1, "a", 0.5, "old@1", None),
        (2, "a", 0.75, "old@1", "reads no losses"),
        (3, "a", 0.5, "new@1", "reads x.y; costs one model"),
    ]
    frames = {
        "evaluations": spark.createDataFrame(evaluations, effects),
        "checkpoints": spark.createDataFrame(
            tokens, "round int, arm string, step int, final boolean, tokens bigint, published_at int"
        ),
        "plans": spark.createDataFrame(plans, "round int, slice string, weight double, policy string, cost string"),
    }
    worth, cost = describe_value(frames, None)
    assert worth.startswith("Round 2 was not worth it: with its plan, held-out bits per byte are higher than those of the control")
    assert worth.endswith(", from 900 tokens with the plan and 901 without. Its plan is not continued.")
    assert cost == "Weighting new@1 reads x.y; costs one model."
    assert describe_value(frames, 2)[1:] == ["Weighting old@1 reads no losses."]
    assert describe_value(frames, 1) == [worth], "plans of older workspaces do not tell"
