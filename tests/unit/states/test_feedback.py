"""States from events, by hand and against plain Python; merging parts equals one pass over everything."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.job import Turn
from resonance.core.settings import FeedbackSettings
from resonance.runtime import resources
from resonance.states.feedback import feedback
from resonance.states.history import merge_histories, start_histories
from resonance.states.trend import subtract_trend
from resonance.tables import SIGNAL_STATE, SLICE_STATE, SLICE_SUMS
from resonance.testing import events_frame

LN2 = math.log(2)
EARLY = 10


def event(doc: int, phase: str, loss: float, **other: Any) -> dict[str, Any]:
    return {"doc": doc, "phase": phase, "loss_sum": loss, **other}


def key(row: dict[str, Any]) -> tuple[bytes, bytes]:
    return row["doc"].to_bytes(16, "big"), row.get("content_hash", bytes(16))


def fed_back(
    spark: SparkSession, rows: list[dict[str, Any]], round: int = 1, known: Any = (), sums: Any = (), **settings: Any
) -> Any:
    """Both states; the documents are those of ``known`` (doc, content hash, and batch if not main), ``sums`` those of slices."""
    ids = [(doc.to_bytes(16, "big"), hash, *(batch or ("main",))) for doc, hash, *batch in known]
    documents = spark.createDataFrame(ids, "doc_id binary, content_hash binary, batch string")
    turn = Turn("main", round=round, deliveries=("main", "again"))
    frames = (events_frame(spark, rows), spark.createDataFrame(list(sums), resources.contract(SLICE_SUMS).schema), documents)
    return feedback(*frames, documents.limit(0), settings=FeedbackSettings(**settings), turn=turn)


def states(rows: DataFrame) -> dict[tuple[bytes, bytes], dict[str, Any]]:
    return {(bytes(row["doc_id"]), bytes(row["content_hash"])): row.asDict() for row in rows.collect()}


def test_states_by_hand(spark: SparkSession) -> None:
    rows = [
        event(1, "train", 30.0, step=4, pos=0),
        event(1, "train", 20.0, step=4, pos=9, copy=1),
        event(1, "score", 10.0),
        event(1, "train", 9.0, round=2, slice="b"),
        event(1, "score", 5.0, round=2, slice="b"),
        event(1, "score", 1.0, round=3, slice="c"),
        event(1, "score", 7.0, content_hash=b"\x01" * 16),
        event(2, "train", 8.0),
        event(3, "heldout", 8.0),
        event(1, "fit", 8.0, arm="fold-0"),
        event(1, "reference", 8.0, arm="fold-1"),
        event(4, "score", 8.0, arm="control", round=2),
    ]
    signal_state, _ = fed_back(spark, rows, 2, known=[(1, b"\x01" * 16), (2, bytes(16))])
    found = states(resources.contract(SIGNAL_STATE).conform(signal_state))
    assert sorted(int.from_bytes(doc, "big") for doc, _ in found) == [1, 1, 2]
    one = found[(1).to_bytes(16, "big"), bytes(16)]
    assert (one["n_draws"], one["train_nats"], one["train_bytes"]) == (3, 59.0, 30)
    assert (one["n_scores"], one["score_nats"], one["score_bytes"]) == (2, 15.0, 20)
    assert (one["first_bpb"], one["last_bpb"]) == pytest.approx((10 / (LN2 * 10), 5 / (LN2 * 10)))
    assert (one["first_round"], one["last_round"], one["slice"], one["bucket"]) == (1, 2, "b", 1)
    repaired = found[(1).to_bytes(16, "big"), b"\x01" * 16]
    assert (repaired["n_draws"], repaired["n_scores"], repaired["score_nats"]) == (0, 1, 7.0)
    two = found[(2).to_bytes(16, "big"), bytes(16)]
    assert (two["n_scores"], two["first_bpb"], two["last_bpb"]) == (0, None, None)
    assert (one["current"], repaired["current"], two["current"]) == (False, True, True)
    assert (one["n_labelled"], one["confidence"], one["aum"], one["el2n"], one["first_correct"]) == (0, None, None, None, None)


def test_a_text_that_a_later_delivery_replaced_is_no_longer_current(spark: SparkSession) -> None:
    rows = [
        event(1, "score", 8.0),
        event(1, "score", 7.0, content_hash=b"\x01" * 16),
        event(2, "score", 8.0),
        event(3, "score", 8.0),
    ]
    known = [(1, bytes(16), "again"), (1, b"\x01" * 16), (2, bytes(16), "again"), (2, bytes(16)), (3, bytes(16))]
    signal_state, _ = fed_back(spark, rows, known=known)
    found = [(int.from_bytes(doc, "big"), hash[0], row["current"]) for (doc, hash), row in states(signal_state).items()]
    assert sorted(found) == [(1, 0, True), (1, 1, False), (2, 0, True), (3, 0, True)]
    assert signal_state.count() == 4


def test_slices_by_hand(spark: SparkSession) -> None:
    rows = [
        event(1, "score", 10 * LN2),
        event(2, "score", 90 * LN2, n_bytes=40),
        event(3, "score", 10 * LN2, slice="b"),
        event(4, "score", 20 * LN2, slice="b"),
        event(5, "score", 99 * LN2, slice="few"),
        event(1, "score", 40 * LN2, arm="control"),
        event(2, "score", 40 * LN2, arm="control"),
        event(1, "train", 77.0),
        event(6, "heldout", 77.0),
        event(1, "score", 77.0, round=2),
    ]
    _, slice_state = fed_back(spark, rows, min_documents=2)
    found = {(row["arm"], row["slice"]): row for row in resources.contract(SLICE_STATE).conform(slice_state).collect()}
    assert set(found) == {("plan", "a"), ("plan", "b"), ("control", "a")}
    a, b, control = found["plan", "a"], found["plan", "b"], found["control", "a"]
    assert (a["n_docs"], a["n_bytes"], a["n_tok"], a["round"]) == (2, 50, 10, 1)
    assert (a["nats"], a["bpb"], b["bpb"], control["bpb"]) == pytest.approx((100 * LN2, 2.0, 1.5, 4.0))
    assert (a["mean_bpb"], a["excess"], b["excess"]) == pytest.approx((1.75, 0.25, -0.25))
    assert (control["mean_bpb"], control["excess"]) == pytest.approx((4.0, 0.0))
    assert (a["progress"], a["progress_error"]) == (None, None), "one text that was met and scored tells nothing"


def test_slices_hold_the_progress_of_their_round(spark: SparkSession) -> None:
    falls = enumerate((3.0, 3.0, 1.0, 1.0))
    rows = [event(doc, phase, loss * 10 * LN2) for doc, fall in falls for phase, loss in (("train", 5.0), ("score", 5.0 - fall))]
    _, slice_state = fed_back(spark, [*rows, event(9, "train", 99.0, round=2)], min_documents=1)
    (found,) = resources.contract(SLICE_STATE).conform(slice_state).collect()
    assert (found["progress"], found["progress_error"]) == pytest.approx((2.0, 0.0))


def test_no_events_give_no_states(spark: SparkSession) -> None:
    signal_state, slice_state = fed_back(spark, [])
    assert signal_state.count() == slice_state.count() == 0


def test_merged_parts_equal_one_pass_and_plain_python(spark: SparkSession) -> None:
    dice = random.Random(5)
    rows = [
        event(
            dice.randrange(12),
            dice.choice(["train", "score"]),
            dice.uniform(1, 50),
            round=dice.randint(1, 4),
            slice=dice.choice("ab"),
        )
        for _ in range(300)
    ]
    events = subtract_trend(events_frame(spark, rows), 0.9)
    early, late = start_histories(events.where("round <= 2"), EARLY), start_histories(events.where("round > 2"), EARLY)
    whole = states(merge_histories(start_histories(events, EARLY)))
    parts = states(merge_histories(merge_histories(late).unionByName(merge_histories(early))))
    assert parts.keys() == whole.keys()
    for text, state in whole.items():
        assert parts[text] == pytest.approx(state)
        mine = [row for row in rows if key(row) == text]
        scored = sorted((row["round"], row["loss_sum"] / (LN2 * 10)) for row in mine if row["phase"] == "score")
        assert state["n_draws"] == sum(row["phase"] == "train" for row in mine)
        assert state["train_nats"] == pytest.approx(sum(row["loss_sum"] for row in mine if row["phase"] == "train"))
        assert state["score_nats"] == pytest.approx(sum(row["loss_sum"] for row in mine if row["phase"] == "score"))
        assert (state["first_bpb"], state["last_bpb"]) == pytest.approx((scored[0][1], scored[-1][1]))
        assert (state["first_round"], state["last_round"]) == (min(r["round"] for r in mine), max(r["round"] for r in mine))


def test_sums_over_all_events_replace_events_where_a_part_is_kept(spark: SparkSession) -> None:
    rows = [event(1, "score", 10 * LN2, log_pi=0.1), event(2, "score", 30 * LN2, slice="b")]
    sums = [
        ("r", 1, "plan", "score", 10, 99, "a", 8, 40, 80, 160 * LN2),
        ("r", 1, "plan", "score", 10, 99, "c", 1, 4, 8, 8 * LN2),
        ("r", 1, "plan", "train", 10, 99, "a", 9, 9, 9, 9.0),
    ]
    _, slice_state = fed_back(spark, rows, sums=sums, min_documents=1)
    found = {row["slice"]: (row["n_docs"], row["n_bytes"], row["bpb"]) for row in slice_state.collect()}
    assert found == {"a": (8, 80, pytest.approx(2.0)), "b": (1, 10, pytest.approx(3.0)), "c": (1, 8, pytest.approx(1.0))}
