"""Confident learning against cleanlab: scores to 1e-6, and the same labels suspected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from resonance.core.job import Turn
from resonance.runtime import resources
from resonance.states.labels import prune_counts, rate_labels
from resonance.tables import LABEL_QUALITY
from resonance.testing import events_frame

TURN = Turn("main", round=2)
NAMES = "abcdefgh"


def events(labels: Any, probabilities: Any, names: str = NAMES) -> list[dict[str, Any]]:
    """One event of phase ``reference`` for each row, as a model that never saw it leaves them."""
    return [
        {
            "doc": doc, "phase": "reference", "arm": f"fold-{doc % 2}", "round": 2, "loss_sum": 1.0,
            "label": names[label], "probabilities": dict(zip(names, map(float, row), strict=False)),
        }
        for doc, (label, row) in enumerate(zip(labels, probabilities, strict=True))
    ]  # fmt: skip


def judged(spark: SparkSession, rows: list[dict[str, Any]]) -> list[Any]:
    found = resources.contract(LABEL_QUALITY).conform(rate_labels(events_frame(spark, rows), turn=TURN))
    return found.orderBy("doc_id").collect()


def noisy(rows: int, classes: int, noise: float, seed: int, sharp: float = 2.0) -> tuple[Any, Any]:
    """Given labels, some of them wrong, and probabilities that lean to the true ones."""
    draw = np.random.default_rng(seed)
    true = draw.choice(classes, rows, p=draw.dirichlet(np.full(classes, 5.0)))
    given = np.where(draw.random(rows) < noise, draw.integers(0, classes, rows), true)
    logits = draw.normal(size=(rows, classes)) + sharp * np.eye(classes)[true]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return given, p


@pytest.mark.parametrize(
    ("rows", "classes", "noise", "sharp"),
    [(600, 2, 0.2, 1.5), (800, 4, 0.1, 2.5), (1500, 8, 0.3, 2.0), (300, 5, 0.6, 0.3), (90, 8, 0.2, 1.0), (400, 3, 0.0, 4.0)],
)
def test_scores_and_issues_equal_those_of_cleanlab(
    spark: SparkSession, rows: int, classes: int, noise: float, sharp: float
) -> None:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    given, p = noisy(rows, classes, noise, seed=rows, sharp=sharp)
    _, given = np.unique(given, return_inverse=True)
    found = judged(spark, events(given, p))
    confidence = get_label_quality_scores(given, p, method="self_confidence")
    margin = get_label_quality_scores(given, p, method="normalized_margin")
    assert np.abs(np.array([row["p_label"] for row in found]) - confidence).max() <= 1e-6
    assert np.abs(np.array([row["quality"] for row in found]) - margin).max() <= 1e-6
    theirs = find_label_issues(given, p, n_jobs=1)
    assert [row["issue"] for row in found] == theirs.tolist()
    assert theirs.any() == (noise > 0 or sharp < 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_calibrated_joint_is_cleanlabs(seed: int) -> None:
    from cleanlab.count import compute_confident_joint

    given, p = noisy(3000, 5, 0.25, seed)
    counted = compute_confident_joint(given, p, calibrate=False)
    theirs = compute_confident_joint(given, p, calibrate=True)
    np.fill_diagonal(theirs, 0)
    assert (prune_counts(np.column_stack([counted, np.bincount(given, minlength=5)])) == theirs).all()


def test_by_hand(spark: SparkSession) -> None:
    rows = events([0, 0, 0, 1, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
    other = events([0], [[0.1, 0.9]])[0]
    found = judged(spark, [*rows, other | {"doc": 9, "round": 1}, other | {"doc": 9, "phase": "score"}])
    assert len(found) == 6
    third = found[2]
    assert (third["label"], third["suggested"], third["issue"], third["fold"]) == ("a", "b", True, "fold-0")
    assert (third["p_label"], third["p_suggested"], third["quality"]) == pytest.approx((0.1, 0.9, 0.1))
    assert [row["issue"] for row in found] == [False, False, True, False, False, False]


def test_a_model_suggests_no_label_that_it_does_not_know(spark: SparkSession) -> None:
    given, p = noisy(300, 4, 0.2, seed=3)
    p[(np.arange(300) % 3 == 0) & (given != 3), 3] = 0.0
    whole = events(given, p)
    lacking = [row | {"probabilities": {name: value for name, value in row["probabilities"].items() if value}} for row in whole]
    assert sum(len(row["probabilities"]) == 3 for row in lacking) > 50
    assert judged(spark, lacking) == judged(spark, whole)


def test_samples_without_labels_have_no_quality(spark: SparkSession) -> None:
    assert judged(spark, [{"doc": 1, "phase": "reference", "round": 2, "loss_sum": 1.0}]) == []


@pytest.mark.parametrize(("epochs", "early"), [(1, 1), (9, 1), (10, 1), (11, 2), (20, 2)])
def test_early_error_is_the_mean_over_models_of_the_first_tenth(spark: SparkSession, epochs: int, early: int) -> None:
    draw = np.random.default_rng(epochs)
    errors = draw.random((3, epochs, 4))
    rows = events([0, 1, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
    for doc in range(4):
        for model in range(3):
            if model == doc % 3:
                continue
            for epoch in range(epochs):
                seen = {"phase": "fit", "arm": f"fold-{model}", "round": 2, "loss_sum": 1.0, "epoch": epoch, "label": "a"}
                rows.append({"doc": doc, "el2n": float(errors[model, epoch, doc]), **seen})
    rows.append({"doc": 0, "el2n": 99.0, "phase": "fit", "arm": "fold-1", "round": 1, "loss_sum": 1.0, "epoch": 0})
    rows.append({"doc": 0, "el2n": 99.0, "phase": "train", "round": 2, "loss_sum": 1.0, "epoch": 0})
    found = judged(spark, rows)
    for doc, row in enumerate(found):
        models = [model for model in range(3) if model != doc % 3]
        assert row["el2n"] == pytest.approx(errors[models, :early, doc].mean(), abs=1e-12)
        assert row["n_models"] == 2
