"""Progress by hand, and against NumPy on random texts."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from resonance.states.progress import measure_progress
from resonance.testing import events_frame

LN2 = math.log(2)


def meet(doc: int, before: float, after: float, slice: str = "a", **other: Any) -> list[dict[str, Any]]:
    """A text of ten bytes in training, at the position of its number, and at the end; both losses in bits per byte."""
    same = {"doc": doc, "n_bytes": 10, "slice": slice, **other}
    return [same | {"phase": "train", "loss_sum": before * 10 * LN2}, same | {"phase": "score", "loss_sum": after * 10 * LN2}]


def measured(spark: SparkSession, rows: list[dict[str, Any]]) -> dict[tuple[int, str, str], Any]:
    found = measure_progress(events_frame(spark, rows)).collect()
    return {(row["round"], row["arm"], row["slice"]): (row["progress"], row["progress_error"]) for row in found}


def test_progress_by_hand(spark: SparkSession) -> None:
    rows = [
        *meet(0, 5.0, 3.0),  # falls of 2 and 1 early, of 0.5 twice late: 1.5 - 0.5
        *meet(1, 3.0, 2.0),
        *meet(8, 2.5, 2.0),
        *meet(9, 7.5, 7.0),
        *meet(3, 4.0, 3.0, slice="b"),
        *meet(7, 4.0, 3.0, slice="b"),
        *meet(0, 5.0, 3.0, arm="control"),
    ]
    found = measured(spark, rows)
    assert found[1, "plan", "a"] == pytest.approx((1.0, 0.5)), "a variance of 1/2 over two texts, and one of zero"
    assert found[1, "plan", "b"] == (None, None), "one text in each half tells nothing of chance"
    assert found[1, "control", "a"] == (None, None)


def test_texts_that_a_round_drew_twice_or_that_had_no_finite_loss_do_not_count(spark: SparkSession) -> None:
    rows = [row for doc, fall in enumerate((2.0, 2.0, 1.0, 1.0)) for row in meet(doc, 3.0, 3.0 - fall)]
    again = {**meet(4, 9.0, 1.0)[0], "pos": 3, "copy": 1}
    broken = meet(5, 9.0, 1.0, pos=2)
    broken[0]["loss_sum"] = None
    found = measured(spark, [*rows, *meet(4, 9.0, 1.0, pos=0), again, *broken])
    assert found == {(1, "plan", "a"): pytest.approx((1.0, 0.0))}


def test_progress_equals_numpy(spark: SparkSession) -> None:
    dice = random.Random(3)
    texts = [(doc, dice.uniform(1, 9), dice.uniform(1, 9), dice.choice("ab")) for doc in range(60)]
    found = measured(spark, [row for text in texts for row in meet(*text)])
    for name in "ab":
        falls = [np.array([x - y for doc, x, y, own in texts if own == name and (doc <= 29.5) is half]) for half in (True, False)]
        error = math.sqrt(sum(np.var(half, ddof=1) / len(half) for half in falls))
        assert found[1, "plan", name] == pytest.approx((falls[0].mean() - falls[1].mean(), error))


def test_an_easier_model_is_progress_and_memory_of_texts_is_not(spark: SparkSession) -> None:
    # Losses fall as 2 + 3 exp(-pos / 20) in training; at the end every text is besides remembered by half a bit.
    end = 2 + 3 * math.exp(-100 / 20)
    learnt = [row for doc in range(100) for row in meet(doc, 2 + 3 * math.exp(-doc / 20), end - 0.5)]
    known = [row for doc in range(100, 200) for row in meet(doc, 2.0, 1.5, slice="known", pos=doc - 100)]
    found = measured(spark, learnt + known)
    halves = [math.fsum(3 * math.exp(-doc / 20) for doc in half) / 50 for half in (range(50), range(50, 100))]
    assert found[1, "plan", "a"][0] == pytest.approx(halves[0] - halves[1])
    assert found[1, "plan", "known"] == pytest.approx((0.0, 0.0), abs=1e-6)
