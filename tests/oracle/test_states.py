"""G2: states of samples against NumPy on each history alone; segments merge to the whole; the order of rows says nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.signals.history import lifted, merged, told
from resonance.signals.trend import against_trend
from resonance.testing import events_frame

DOCUMENTS, ROUNDS, EPOCHS, EARLY, DECAY = 400, 4, 3, 20, 0.8
BOUND = 1e-6


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """Training and scores of texts with labels over rounds and epochs; some texts are missing from some."""
    draw = np.random.default_rng(11)
    skill = draw.normal(0.5, 1.0, DOCUMENTS)
    found = []
    for round in range(1, ROUNDS + 1):
        for epoch in range(EPOCHS):
            order = draw.permutation(DOCUMENTS)[: int(0.9 * DOCUMENTS)]
            for pos, doc in enumerate(order.tolist()):
                margin = skill[doc] + 0.3 * round + draw.normal()
                p = 1 / (1 + np.exp(-margin))
                found.append(
                    {
                        "doc": doc, "phase": "train", "run": f"train-{round}", "round": round, "epoch": epoch, "pos": pos,
                        "step": 10 * (1 + (epoch * len(order) + pos) // 180), "slice": f"s{doc % 3}", "loss_sum": -np.log(p),
                        "label": "a", "prediction": "a" if margin > 0 else "b", "p_label": p, "margin": margin,
                        "el2n": 1.4 * (1 - p),
                    }
                )  # fmt: skip
        for doc in range(0, DOCUMENTS, 2):
            found.append({"doc": doc, "phase": "score", "run": f"score-{round}", "round": round, "loss_sum": draw.gamma(2)})
    return [{name: v.item() if isinstance(v, np.generic) else v for name, v in row.items()} for row in found]


@pytest.fixture(scope="module")
def events(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    return against_trend(events_frame(spark, rows), DECAY).localCheckpoint()


def collected(states: DataFrame) -> dict[int, Any]:
    return {int.from_bytes(row["doc_id"], "big"): row for row in states.collect()}


def histories(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """The exposures of each document in the order in which they happened."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in sorted((r for r in rows if r["phase"] == "train"), key=lambda r: (r["round"], r["epoch"], r["pos"])):
        found.setdefault(row["doc"], []).append(row)
    return found


def test_every_state_against_numpy(events: DataFrame, rows: list[dict[str, Any]]) -> None:
    states = collected(told(merged(lifted(events, EARLY))))
    mine = histories(rows)
    assert states.keys() == mine.keys() | {row["doc"] for row in rows}
    apart = []
    for doc, seen in mine.items():
        p, margin = (np.array([row[name] for row in seen]) for name in ("p_label", "margin"))
        right = np.array([row["prediction"] == row["label"] for row in seen])
        early = np.array([row["el2n"] for row in seen if row["step"] <= EARLY])
        state = states[doc]
        apart += [state["confidence"] - p.mean(), state["variability"] - np.std(p), state["aum"] - margin.mean()]
        apart += [state["el2n"] - early.mean() if len(early) else float(state["el2n"] is not None)]
        assert (state["n_labelled"], state["n_correct"]) == (len(seen), right.sum())
        assert state["n_forgotten"] == (right[:-1] & ~right[1:]).sum()
        assert (state["first_correct"], state["last_correct"]) == (right[0], right[-1])
    assert np.abs(apart).max() <= BOUND
    assert sum(state["n_forgotten"] for state in states.values()) > DOCUMENTS / 2, "hardly anything was forgotten"


@pytest.mark.parametrize("last", [1, 2, 3])
def test_two_segments_merge_to_the_whole(events: DataFrame, last: int) -> None:
    whole = collected(told(merged(lifted(events, EARLY))))
    late, early = (merged(lifted(events.where(part), EARLY)) for part in (f"round > {last}", f"round <= {last}"))
    both = collected(told(merged(late.unionByName(early))))
    assert both.keys() == whole.keys()
    for doc, state in whole.items():
        assert both[doc].asDict() == pytest.approx(state.asDict(), abs=BOUND)


@pytest.mark.parametrize("partitions", [1, 5, 16])
def test_the_order_of_rows_says_nothing(events: DataFrame, partitions: int) -> None:
    whole = collected(told(merged(lifted(events, EARLY))))
    turned = events.repartition(partitions, F.xxhash64("pos", "round")).sortWithinPartitions(F.desc("pos"))
    for doc, state in collected(told(merged(lifted(turned, EARLY)))).items():
        assert state.asDict() == pytest.approx(whole[doc].asDict(), abs=BOUND)


def test_losses_above_the_trend_against_numpy(events: DataFrame, rows: list[dict[str, Any]]) -> None:
    trained = [row for row in rows if row["phase"] == "train"]
    trend: dict[tuple[str, str, int], float] = {}
    for run, slice in sorted({(row["run"], row["slice"]) for row in trained}):
        mine = [row for row in trained if (row["run"], row["slice"]) == (run, slice)]
        moving = None
        for step in sorted({row["step"] for row in mine}):
            mean = np.mean([row["loss_sum"] for row in mine if row["step"] == step]) / (10 * np.log(2))
            moving = mean if moving is None else DECAY * moving + (1 - DECAY) * mean
            trend[run, slice, step] = moving
    expected: dict[int, list[float]] = {}
    for row in trained:
        above = row["loss_sum"] / (10 * np.log(2)) - trend[row["run"], row["slice"], row["step"]]
        expected.setdefault(row["doc"], []).append(above)
    states = collected(told(merged(lifted(events, EARLY))))
    found = {doc: state for doc, state in states.items() if state["above_trend"] is not None}
    assert found.keys() == expected.keys()
    assert max(abs(found[doc]["above_trend"] - np.mean(values)) for doc, values in expected.items()) <= BOUND
    steps = {row["step"] for row in trained}
    assert len(steps) > 3, "too few checkpoints for a trend"
