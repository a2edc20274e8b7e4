"""Evaluations: by hand, against NumPy with the same weights, against theory, and with a planted difference."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.benchmark.bootstrap import resample_documents
from resonance.benchmark.evaluate import evaluate
from resonance.core.job import Turn
from resonance.core.settings import EvaluateSettings
from resonance.runtime import resources
from resonance.tables import EVALUATIONS

LN2 = math.log(2)
COLUMNS = (
    "doc_id binary, content_hash binary, slice string, round int, arm string, phase string, loss_sum double, n_bytes int, "
    "n_tok int, label string, prediction string"
)
LOOKS = "round int, doc_id binary, content_hash binary, posterior double, alike double"
SETTINGS = EvaluateSettings(replicates=200)


def event(doc: int, slice: str, loss: float, n_bytes: int = 10, arm: str = "plan", **other: Any) -> tuple[Any, ...]:
    where = (other.get("round", 1), arm, other.get("phase", "heldout"))
    said = (other.get("label"), other.get("prediction"))
    return (doc.to_bytes(16, "big"), bytes(16), slice, *where, loss, n_bytes, n_bytes // 2, *said)


def evaluated(events: DataFrame, turn: Turn, *looks: tuple[int, int, float, float]) -> dict[str, Any]:
    known = [(round, doc.to_bytes(16, "big"), bytes(16), posterior, alike) for round, doc, posterior, alike in looks]
    frames = events, events.sparkSession.createDataFrame(known, LOOKS)
    rows = resources.contract(EVALUATIONS).conform(evaluate(*frames, settings=SETTINGS, turn=turn, seed=9)).collect()
    assert {(row["round"], row["arm"], row["replicates"]) for row in rows} <= {(turn.round, turn.arm, SETTINGS.replicates)}
    return {row["slice"]: row for row in rows}


def test_points_by_hand(spark: SparkSession) -> None:
    rows = [
        event(1, "a", 10 * LN2),
        event(2, "a", 90 * LN2, 40),
        event(3, "b", 20 * LN2),
        event(1, "a", 20 * LN2, arm="control"),
        event(2, "a", 80 * LN2, 40, arm="control"),
        event(4, "a", 80 * LN2, 40, arm="control"),
        event(1, "a", 1e6, phase="score"),
        event(1, "a", 1e6, round=2),
    ]
    events = spark.createDataFrame(rows, COLUMNS)
    found = evaluated(events, Turn("main", round=1))
    assert set(found) == {"a", "b", "*"}
    a, b, all_of_them = found["a"], found["b"], found["*"]
    assert (a["n_docs"], a["n_bytes"], a["n_tok"]) == (2, 50, 25)
    assert (all_of_them["n_docs"], all_of_them["n_bytes"], all_of_them["n_tok"]) == (3, 60, 30)
    assert (a["bpb"], b["bpb"], all_of_them["bpb"]) == pytest.approx((2.0, 2.0, 2.0))
    assert (a["low"], a["high"]) == pytest.approx((1.0, 2.25))
    assert (b["low"], b["high"]) == pytest.approx((2.0, 2.0))
    assert (a["versus"], a["delta"], all_of_them["delta"]) == ("control", pytest.approx(0.0), pytest.approx(0.0))
    assert (a["delta_low"], a["delta_high"]) == pytest.approx((-1.0, 0.25))
    assert (b["versus"], b["delta"], b["delta_low"], b["delta_high"]) == (None, None, None, None)
    assert {row["accuracy"] for row in found.values()} == {None}

    assert [(row["n_compared"], row["n_suspected"]) for row in (a, b, all_of_them)] == [(2, 0), (0, 0), (2, 0)]

    control = evaluated(events, Turn("main", round=1, arm="control"))
    assert set(control) == {"a", "*"}
    assert control["a"]["n_compared"] == 0
    assert control["a"]["n_docs"] == 3
    assert control["a"]["versus"] is None
    assert control["a"]["delta"] is None


def test_labels_that_the_model_names_first_count_as_right(spark: SparkSession) -> None:
    named = [("a", "x", "x"), ("a", "x", "y"), ("a", "y", "y"), ("b", "y", "x")]
    rows = [event(at, slice, LN2, 1, label=label, prediction=said) for at, (slice, label, said) in enumerate(named)]
    rows += [event(0, "a", LN2, 1, arm="control", label="x", prediction="y"), event(9, "b", LN2)]
    rows += [event(8, "a", LN2, 1, phase="score", label="x", prediction="y")]
    events = spark.createDataFrame(rows, COLUMNS)
    found = evaluated(events, Turn("main", round=1))
    assert {name: row["accuracy"] for name, row in found.items()} == {"a": pytest.approx(2 / 3), "b": 0.0, "*": 0.5}
    assert found["b"]["n_docs"] == 2, "a document without a label has a loss, and is neither right nor wrong"
    assert evaluated(events, Turn("main", round=1, arm="control"))["*"]["accuracy"] == 0.0


def test_suspected_documents_do_not_count_between_arms_and_alike_ones_share_one_count(spark: SparkSession) -> None:
    losses = {1: (10.0, 20.0), 2: (90.0, 80.0), 3: (50.0, 10.0), 4: (10.0, 10.0)}
    arms = ("plan", "control")
    rows = [event(doc, "a", losses[doc][at] * LN2, arm=arm) for doc in losses for at, arm in enumerate(arms)]
    events = spark.createDataFrame(rows, COLUMNS)
    looks = [(1, 1, 0.5, 1.0), (1, 2, 0.4, 4.0), (1, 3, 0.51, 1.0), (1, 9, 1.0, 1.0), (2, 1, 1.0, 1.0)]
    row = evaluated(events, Turn("main", round=1), *looks)["a"]
    assert (row["n_docs"], row["n_compared"], row["n_suspected"]) == (4, 3, 1)
    assert row["bpb"] == pytest.approx((10 + 90 + 50 + 10) / 40), "bits per byte are those of all documents, as in other rounds"
    assert row["delta"] == pytest.approx((10 - 20 + (90 - 80) / 4 + 0) / (10 + 10 / 4 + 10))


def test_no_held_out_documents_give_no_rows(spark: SparkSession) -> None:
    assert evaluated(spark.createDataFrame([], COLUMNS), Turn("main", round=1)) == {}


@pytest.fixture(scope="module")
def corpus() -> dict[str, np.ndarray]:
    """40 slices of 60 documents of very unlike difficulty; the plan arm is 0.1 bits per byte better, with noise by document."""
    dice = np.random.default_rng(4)
    slices, docs = 40, 60
    size = np.exp(dice.normal(6, 0.7, (slices, docs))).astype(int) + 20
    hard = dice.normal(2.5, 0.5, (slices, docs)).clip(0.5)
    gain = dice.normal(0.1, 0.06, (slices, docs))
    return {"size": size, "plan": (hard - gain) * size * LN2, "control": hard * size * LN2}


@pytest.fixture(scope="module")
def events(spark: SparkSession, corpus: dict[str, np.ndarray]) -> DataFrame:
    slices, docs = corpus["size"].shape
    rows = [
        event(s * docs + d, f"s{s:02}", float(corpus[arm][s, d]), int(corpus["size"][s, d]), arm)
        for arm in ("plan", "control")
        for s in range(slices)
        for d in range(docs)
    ]
    return spark.createDataFrame(rows, COLUMNS)


@pytest.fixture(scope="module")
def found(events: DataFrame) -> dict[str, Any]:
    return evaluated(events, Turn("main", round=1))


def test_intervals_equal_numpy_with_the_same_weights(
    events: DataFrame, corpus: dict[str, np.ndarray], found: dict[str, Any]
) -> None:
    slices, docs = corpus["size"].shape
    ids = events.where("arm = 'plan'").select("doc_id", F.conv(F.hex("doc_id"), 16, 10).cast("int").alias("n"))
    spread = resample_documents(ids, replicates=200, seed=9).where("replicate > 0")
    of_documents = (
        spread.groupBy("n").agg(F.sort_array(F.collect_list(F.struct("replicate", "w"))).alias("w")).orderBy("n").collect()
    )
    w = np.array([[weight for _, weight in row["w"]] for row in of_documents])
    assert w.shape == (slices * docs, 200)

    def ratio(nats: np.ndarray, chosen: slice) -> np.ndarray:
        return (w[chosen].T @ nats.ravel()[chosen]) / (LN2 * (w[chosen].T @ corpus["size"].ravel()[chosen]))

    for name in ("s00", "s17", "s39", "*"):
        chosen = slice(None) if name == "*" else slice(int(name[1:]) * docs, (int(name[1:]) + 1) * docs)
        plan, control = ratio(corpus["plan"], chosen), ratio(corpus["control"], chosen)
        row = found[name]
        assert (row["low"], row["high"]) == pytest.approx(tuple(np.percentile(plan, [2.5, 97.5])), rel=1e-9)
        assert (row["delta_low"], row["delta_high"]) == pytest.approx(tuple(np.percentile(plan - control, [2.5, 97.5])), rel=1e-9)
        assert row["bpb"] == pytest.approx(
            corpus["plan"].ravel()[chosen].sum() / (LN2 * corpus["size"].ravel()[chosen].sum()), rel=1e-12
        )


def test_widths_are_those_of_a_ratio_estimator(corpus: dict[str, np.ndarray], found: dict[str, Any]) -> None:
    """Standard error of sum(y)/sum(x): sqrt(n/(n-1) * sum((y - R x)^2)) / sum(x); 200 replicates leave a width 7 % of noise."""
    slices, docs = corpus["size"].shape
    quotients = []
    for s in range(slices):
        bits, size = corpus["plan"][s] / LN2, corpus["size"][s]
        rest = bits - bits.sum() / size.sum() * size
        error = math.sqrt(docs / (docs - 1) * (rest**2).sum()) / size.sum()
        row = found[f"s{s:02}"]
        quotients.append((row["high"] - row["low"]) / (2 * 1.96 * error))
    assert np.mean(quotients) == pytest.approx(1, abs=0.06)
    assert 0.7 < min(quotients) <= max(quotients) < 1.4


def test_paired_intervals_cover_a_planted_difference(found: dict[str, Any]) -> None:
    rows = [row for name, row in found.items() if name != "*"]
    covered = sum(row["delta_low"] <= -0.1 <= row["delta_high"] for row in rows)
    assert covered >= 34, "of 40 intervals that each cover with 95 %, fewer than 34 have a chance below 0.001"
    assert all(row["delta_high"] < 0 for row in rows)
    assert found["*"]["delta"] == pytest.approx(-0.1, abs=0.01)
    assert all(row["delta_high"] - row["delta_low"] < 0.5 * (row["high"] - row["low"]) for row in rows)
