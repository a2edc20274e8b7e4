"""What `resonance why` and `resonance explain` show of a document, a sample and a plan."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.text import Text
from tests.worked import worked_frames

from resonance.core.errors import ResonanceError
from resonance.report.terminal.views import describe_document, describe_sample, describe_value, list_weights


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


def test_a_document_is_found_by_its_key_as_by_its_id(frames: dict[str, DataFrame]) -> None:
    row = frames["raw"].orderBy("doc_id").first()
    assert row is not None
    story = describe_document(frames, row["source_key"])
    assert story[:2] == [
        f"document {row['doc_id'].hex()}",
        f"read      {row['source']}: {row['source_key']} (batch {row['batch']}, slice {row['slice']})",
    ]
    assert describe_document(frames, row["doc_id"].hex().upper()) == story


def test_a_key_that_several_documents_have_names_them(frames: dict[str, DataFrame]) -> None:
    row, other = frames["raw"].orderBy("doc_id").limit(2).collect()
    twin = frames["raw"].where(F.col("source_key") == other["source_key"]).withColumn("source_key", F.lit(row["source_key"]))
    doubled = frames | {"raw": frames["raw"].unionByName(twin)}
    with pytest.raises(ResonanceError, match="2 documents have the source key") as refused:
        describe_document(doubled, row["source_key"])
    assert all(found["doc_id"].hex() in str(refused.value) for found in (row, other))


@pytest.mark.parametrize("asked", ["no such key", "0" * 32])
def test_what_is_no_document_is_refused_with_what_to_give(frames: dict[str, DataFrame], asked: str) -> None:
    with pytest.raises(ResonanceError, match=rf"no document '{asked}': give a doc_id"):
        describe_document(frames, asked)


def test_what_was_cut_before_it_was_stored_is_told_by_its_cut(frames: dict[str, DataFrame]) -> None:
    cut = frames["rejects"].where("rank = 1 AND doc_id IS NOT NULL").orderBy("doc_id").first()
    assert cut is not None
    gone = frames | {"raw": frames["raw"].where("false")}
    for story in (describe_document(gone, cut["doc_id"].hex()), describe_sample(gone, cut["doc_id"].hex(), None)):
        assert story[0] == f"document {cut['doc_id'].hex()}"
        assert story[1].startswith(f"cut       by {cut['step']}: {cut['rule']}")


def test_a_sample_that_no_model_has_seen_says_so_and_names_its_plan(spark: SparkSession, frames: dict[str, DataFrame]) -> None:
    row = frames["raw"].orderBy("doc_id").first()
    assert row is not None
    of_slice = [(n, row["slice"], 0.25 * n, f"reason {n}") for n in (1, 2)]
    plans = spark.createDataFrame([*of_slice, (2, "another", 0.5, "no")], "round int, slice string, weight double, reason string")
    unseen = frames | {"plans": plans}
    shown = describe_sample(unseen, row["doc_id"].hex(), None)
    assert shown[0] == f"sample    {row['doc_id'].hex()} of slice {row['slice']}"
    assert shown[-3:] == [
        "state     no model has seen it yet",
        "plan      round 2: 50.00% of the budget go to its slice: reason 2",
        "drawn     never yet",
    ]
    assert describe_sample(unseen, row["doc_id"].hex(), 1)[-2].endswith("25.00% of the budget go to its slice: reason 1")


@pytest.fixture(scope="module")
def plans(spark: SparkSession) -> dict[str, DataFrame]:
    rows = [
        (1, "a", 0.5, 0.5, None, "stratified", "uniform@1"),
        (2, "a", 0.25, 0.5, 1.2345, "lower loss", "above_mean@1"),
        (2, "b[x]", 0.75, 0.0, None, "with \x1b[31m colour", "above_mean@1"),
    ]
    names = "round int, slice string, weight double, previous double, bpb double, reason string, policy string"
    return {"plans": spark.createDataFrame(rows, names)}


def test_the_newest_plan_is_listed_the_heaviest_slice_first(plans: dict[str, DataFrame]) -> None:
    table = list_weights(plans, None)
    assert str(table.title).startswith("Plan of round 2, weighting above_mean@1")
    shown = [[Text.from_markup(str(cell)).plain for cell in column.cells] for column in table.columns]
    rows = list(zip(*shown, strict=True))
    assert rows[0] == ("b[x]", "0.00%", "75.00%", "new", "", "with \\x1b[31m colour"), "marks and signs from data do nothing"
    assert rows[1] == ("a", "50.00%", "25.00%", "0.50", "1.234", "lower loss")


def test_a_round_without_a_plan_is_refused_with_those_that_have_one(plans: dict[str, DataFrame]) -> None:
    assert list_weights(plans, 1).row_count == 1
    with pytest.raises(ResonanceError, match=r"no plan for round 3: there are plans for rounds \[1, 2\]"):
        list_weights(plans, 3)
    with pytest.raises(ResonanceError, match="table plans is empty"):
        list_weights({"plans": plans["plans"].where("false")}, None)


def test_explain_says_whether_the_last_round_was_worth_it_and_what_the_weighting_costs(spark: SparkSession) -> None:
    effects = (
        "round int, arm string, slice string, n_compared bigint, n_suspected bigint, bpb double, delta double, "
        "delta_low double, delta_high double"
    )
    evaluations = [(2, "plan", "*", 9, 1, 2.5, 0.2, 0.1, 0.3), (2, "control", "*", 9, 1, 2.3, None, None, None)]
    tokens = [(2, "plan", 1, True, 900, 1), (2, "control", 1, True, 901, 1)]
    arms = {"candidates": b"12", "plan": b"133", "control": b"4"}
    drawn = [(1, "plan", b"5"), *((2, arm, bytes([doc])) for arm, docs in arms.items() for doc in docs)]
    events = [(2, "b", "appraise", 30), (2, "b", "reorder", 30), (2, "a", "appraise", 9), (2, "c", "train", 900)]
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
        "sample_weights": spark.createDataFrame([(2,)], "round int"),
        "sample_plan": spark.createDataFrame(drawn, "round int, arm string, doc_id binary"),
        "signal_event": spark.createDataFrame(events, "round int, run string, phase string, n_tok int"),
    }
    worth, cost = describe_value(frames, None)
    assert worth.startswith(
        "Round 2 was not worth it: the model learnt less from its plan than from drawing as before. Its plan is "
    )
    assert worth.endswith(
        ", over 9 documents, without 1 whose words probably stand in no order, from 900 tokens with the plan and 901 without. "
        "To choose and to judge documents, a model read 60 tokens more before the draw. 2 of 3 samples were drawn unread, as too "
        "few of those read were left."
    )
    assert cost == "Weighting new@1 reads x.y; costs one model."
    assert describe_value(frames, 2)[1:] == ["Weighting old@1 reads no losses."]
    assert describe_value(frames, 1) == [worth], "plans of older workspaces do not tell"
