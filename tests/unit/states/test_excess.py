"""Excess losses are the difference of two models' bits per byte, against NumPy, and cut off within their slice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from resonance.core.job import Turn
from resonance.core.settings import CrossFitSettings
from resonance.runtime import resources
from resonance.states.excess import average_excess, measure_excess
from resonance.tables import EXCESS_LOSS, SLICE_EXCESS
from resonance.testing import events_frame

TURN = Turn("main", round=2)


def event(doc: int, phase: str, loss: float | None, **other: Any) -> dict[str, Any]:
    return {"doc": doc, "phase": phase, "loss_sum": loss, "round": 2, **other}


def compared(spark: SparkSession, rows: list[dict[str, Any]], **settings: tuple[float, float]) -> dict[int, Any]:
    events = events_frame(spark, rows)
    found = resources.contract(EXCESS_LOSS).conform(measure_excess(events, settings=CrossFitSettings(**settings), turn=TURN))
    return {int.from_bytes(row.doc_id, "big"): row for row in found.collect()}


def test_by_hand(spark: SparkSession) -> None:
    rows = [
        event(1, "score", 30.0),
        event(1, "reference", 20.0, arm="fold-1"),
        event(1, "target", 12.0, arm="target-1"),
        event(1, "tune", 99.0, arm="target-0"),
        event(1, "target", 99.0, arm="target-1", round=1),
        event(1, "fit", 99.0, arm="fold-0"),
        event(1, "score", 99.0, round=1),
        event(1, "score", 99.0, arm="control"),
        event(2, "score", 10.0),
        event(3, "reference", 10.0, arm="fold-0"),
        event(5, "score", None),
        event(5, "reference", 10.0, arm="fold-0"),
        event(4, "score", 10.0),
        event(4, "reference", 20.0, arm="fold-0", content_hash=b"\x01" * 16),
    ]
    found = compared(spark, rows, clip=(0.0, 1.0))
    assert set(found) == {1}, "a text that either model did not score, or scored before it changed, is no row"
    per_byte = 10 * math.log(2)
    assert (found[1].bpb, found[1].reference_bpb) == pytest.approx((30 / per_byte, 20 / per_byte))
    assert (found[1].difference, found[1].excess) == pytest.approx((10 / per_byte, 10 / per_byte))
    assert found[1].fold == "fold-1"
    assert found[1].target_gain == pytest.approx(8 / per_byte)


def test_nothing_is_gained_where_nothing_was_tuned(spark: SparkSession) -> None:
    found = compared(spark, [event(1, "score", 30.0), event(1, "reference", 20.0, arm="fold-1")])
    assert found[1].target_gain is None


def test_against_numpy(spark: SparkSession) -> None:
    draw = np.random.default_rng(4)
    now, reference = draw.gamma(4, 10, 400), draw.gamma(4, 10, 400)
    slices = np.array(["a", "b"])[draw.integers(0, 2, 400)]
    rows = []
    for doc, (one, other, slice) in enumerate(zip(now.tolist(), reference.tolist(), slices.tolist(), strict=True)):
        rows += [event(doc, "score", one, slice=slice), event(doc, "reference", other, arm=f"fold-{doc % 2}", slice=slice)]
    found = compared(spark, rows, clip=(0.05, 0.95))
    difference = (now - reference) / (10 * math.log(2))
    measured = np.array([found[doc].difference for doc in range(400)])
    assert np.abs(measured - difference).max() <= 1e-6
    for slice in ("a", "b"):
        mine = slices == slice
        low, high = (np.quantile(difference[mine], share) for share in (0.05, 0.95))
        excess = np.array([found[doc].excess for doc in np.flatnonzero(mine).tolist()])
        assert np.abs(excess - difference[mine].clip(low, high)).max() <= 1e-6
        ranks = [np.argsort(np.argsort(loss[mine])) / (mine.sum() - 1) for loss in (now, reference)]
        apart = np.array([found[doc].disagreement for doc in np.flatnonzero(mine).tolist()])
        assert np.abs(apart - np.var(ranks, axis=0)).max() <= 1e-6


def test_slices_against_numpy(spark: SparkSession) -> None:
    draw = np.random.default_rng(5)
    losses, sizes = draw.gamma(4, 10, (3, 300)), draw.integers(5, 50, 300)
    slices = np.array(["a", "b", "c"])[draw.integers(0, 3, 300)]
    tuned = slices != "c"
    rows = []
    for doc in range(300):
        own = {"slice": str(slices[doc]), "n_bytes": int(sizes[doc])}
        now, reference, target = map(float, losses[:, doc])
        rows += [event(doc, "score", now, **own), event(doc, "reference", reference, arm="fold-0", **own)]
        rows += [event(doc, "target", target, arm="target-0", **own)] if tuned[doc] else []
    excess = measure_excess(events_frame(spark, rows), settings=CrossFitSettings(), turn=TURN)
    found = {row["slice"]: row for row in resources.contract(SLICE_EXCESS).conform(average_excess(excess)).collect()}
    assert set(found) == {"a", "b", "c"}
    for name, row in found.items():
        mine = slices == name
        size = sizes[mine].sum() * math.log(2)
        now, reference, target = losses[:, mine]
        assert (row["n_docs"], row["n_bytes"]) == (mine.sum(), sizes[mine].sum())
        assert row["bpb"] == pytest.approx(now.sum() / size, abs=1e-9)
        assert row["reference_bpb"] == pytest.approx(reference.sum() / size, abs=1e-9)
        assert row["excess"] == pytest.approx((now - reference).clip(0).sum() / size, abs=1e-9)
        expected = None if name == "c" else pytest.approx((reference - target).sum() / size, abs=1e-9)
        assert row["target_gain"] == expected
