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
from resonance.signals.feedback import feedback
from resonance.signals.history import lifted, merged
from resonance.tables import SIGNAL_EVENT, SIGNAL_STATE, SLICE_STATE

LN2 = math.log(2)


def event(doc: int, phase: str, loss: float, **other: Any) -> dict[str, Any]:
    row = {
        "run": "r", "round": 1, "arm": "plan", "phase": phase, "step": 10, "epoch": 0, "pos": doc, "copy": 0, "rank": 0,
        "doc_id": doc.to_bytes(16, "big"), "bucket": doc % 4096, "content_hash": bytes(16), "slice": "a",
        "loss_sum": loss, "n_tok": 5, "n_bytes": 10, "max_tok_loss": loss, "tok_acc": 0.5, "pi": 1.0, "weight": 1.0,
    }  # fmt: skip
    return row | other


def frame(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    schema = resources.contract(SIGNAL_EVENT).schema
    return spark.createDataFrame([tuple(row[name] for name in schema.names) for row in rows], schema)


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
    signal_state, _ = feedback(frame(spark, rows), settings=FeedbackSettings(), turn=Turn("main", round=2))
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
    _, slice_state = feedback(frame(spark, rows), settings=FeedbackSettings(min_documents=2), turn=Turn("main", round=1))
    found = {(row["arm"], row["slice"]): row for row in resources.contract(SLICE_STATE).conform(slice_state).collect()}
    assert set(found) == {("plan", "a"), ("plan", "b"), ("control", "a")}
    a, b, control = found["plan", "a"], found["plan", "b"], found["control", "a"]
    assert (a["n_docs"], a["n_bytes"], a["n_tok"], a["round"]) == (2, 50, 10, 1)
    assert (a["nats"], a["bpb"], b["bpb"], control["bpb"]) == pytest.approx((100 * LN2, 2.0, 1.5, 4.0))
    assert (a["mean_bpb"], a["excess"], b["excess"]) == pytest.approx((1.75, 0.25, -0.25))
    assert (control["mean_bpb"], control["excess"]) == pytest.approx((4.0, 0.0))


def test_no_events_give_no_states(spark: SparkSession) -> None:
    signal_state, slice_state = feedback(frame(spark, []), settings=FeedbackSettings(), turn=Turn("main", round=1))
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
    events = frame(spark, rows)
    early, late = lifted(events.where("round <= 2")), lifted(events.where("round > 2"))
    whole = states(merged(lifted(events)))
    parts = states(merged(merged(late).unionByName(merged(early))))
    assert parts.keys() == whole.keys()
    for key, state in whole.items():
        assert parts[key] == pytest.approx(state)
        mine = [row for row in rows if (row["doc_id"], row["content_hash"]) == key]
        scored = sorted((row["round"], row["loss_sum"] / (LN2 * row["n_bytes"])) for row in mine if row["phase"] == "score")
        assert state["n_draws"] == sum(row["phase"] == "train" for row in mine)
        assert state["train_nats"] == pytest.approx(sum(row["loss_sum"] for row in mine if row["phase"] == "train"))
        assert state["score_nats"] == pytest.approx(sum(row["loss_sum"] for row in mine if row["phase"] == "score"))
        assert (state["first_bpb"], state["last_bpb"]) == pytest.approx((scored[0][1], scored[-1][1]))
        assert (state["first_round"], state["last_round"]) == (min(r["round"] for r in mine), max(r["round"] for r in mine))
