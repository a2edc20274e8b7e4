"""How likely the words of a text stand in no order: by symmetry of gains around zero, against planted ones and scikit-learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from sklearn.isotonic import IsotonicRegression

from resonance.core.job import Turn
from resonance.states.order import STEP, STEPS, TAUGHT, find_taught, fit_posterior, fit_slices, measure_order, rate_order
from resonance.testing import events_frame

TURN = Turn("main", round=2)
COUNTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 400)), min_size=1, max_size=STEPS)


def read(doc: int, stands: float | None, other: float | None, **more: Any) -> list[dict[str, Any]]:
    same = {"doc": doc, "round": 2, "n_bytes": 10, **more}
    return [same | {"phase": "appraise", "loss_sum": stands}, same | {"phase": "reorder", "loss_sum": other}]


def test_gains_by_hand(spark: SparkSession) -> None:
    rows = [
        *read(1, 20.0, 27.0),
        *read(2, 20.0, None),
        *read(3, 20.0, 21.0, round=1),
        *read(4, 20.0, 21.0)[:1],
    ]
    (found,) = measure_order(events_frame(spark, rows), TURN).collect()
    assert int.from_bytes(found.doc_id, "big") == 1
    per_byte = 10 * math.log(2)
    assert (found.bpb, found.reordered_bpb, found.order_gain) == pytest.approx((20 / per_byte, 27 / per_byte, 7 / per_byte))


@given(COUNTS)
def test_shares_are_those_of_isotonic_regression(counts: list[tuple[int, int]]) -> None:
    under, over = (np.array(column) for column in zip(*counts, strict=True))
    found = fit_posterior(under.astype(float), over)
    sizes = under + over
    known = sizes > 0
    expected = np.zeros(0)
    if known.any():
        fit = IsotonicRegression(increasing=False)
        expected = fit.fit_transform(np.flatnonzero(known), under[known] / sizes[known], sample_weight=sizes[known])
    odds = np.minimum(expected / np.maximum(1 - expected, 1e-12), 1)
    assert found[known] == pytest.approx(odds, abs=1e-9)


def test_slices_with_few_gains_below_zero_share_their_spread_by_hand() -> None:
    def at(*values: int) -> Any:
        return np.array([*values, *[0] * (STEPS - len(values))])

    counts = {
        "one": np.array([at(3, 1), at(3, 2, 5, 90)]),
        "two": np.array([at(1, 1), at(1, 3, 1, 41)]),
        "sound": np.array([at(), at(0, 0, 9)]),
    }
    # Together 6 of 161 lie below zero, 4 of them at the first size and 2 at the second. One is to have 4 without order, but no more
    # than 104 * 6 / 161 = 3.876; two 2, but no more than 48 * 6 / 161 = 1.789; the third has none.
    fitted = fit_slices(counts)
    for name, most, here in (("one", 104 * 6 / 161, 4), ("two", 48 * 6 / 161, 2)):
        below, above = fitted[name]
        assert below == pytest.approx(most / here)
        over = counts[name][1]
        first, second = most * 4 / 6, most * 2 / 6
        shares = (first / over[0], second / over[1])
        assert above[:3] == pytest.approx([min(shares[0], 1), min(shares[1], 1), 0])
    assert fitted["sound"][0] == 0
    assert not fitted["sound"][1].any()


def place(under: tuple[int, ...], over: tuple[int, ...]) -> Any:
    return np.array([[*side, *[0] * (STEPS - len(side))] for side in (under, over)])


def test_a_taught_slice_is_judged_by_its_own_gains_by_hand() -> None:
    sound = place((1, 1), (2, 2, 194))
    counts = {"junk": place((8, 2), (10, 5, 5)), "sound": sound}
    # Of 200 gains of the other slice 2 lie below zero: of 30 about 30 * 3 / 202 = .45 would. Ten are no chance (1e-10). Near zero,
    # in the first step, lie 8 below and 10 above.
    fitted = fit_slices(counts, {"junk"})
    below, above = fitted["junk"]
    assert below == 1
    assert above[:3] == pytest.approx([8 / 10, 2 / 5, 0])
    assert fitted["sound"][1][:3] == pytest.approx([1 / 2, 1 / 2, 0]), "the rate of the others alone"
    assert fit_slices(counts)["junk"] == (0, pytest.approx(np.zeros(STEPS))), "a third below zero, and nobody taught its language"
    # Two of 30 may be chance (.07 > .001): then it counts no more than its share of all four, 30 * 4 / 230.
    assert fit_slices({"few": place((2,), (10, 5, 13)), "sound": sound}, {"few"})["few"][0] == pytest.approx(30 * 4 / 230 / 2)
    # Five below and 15 above within two steps (sign test: 2 %): texts whose language was hardly learnt.
    hardly = {"hardly": place((3, 2), (7, 8, 5)), "sound": sound}
    assert fit_slices(hardly, {"hardly"})["hardly"][0] == pytest.approx(min(5, 25 * 7 / 225) / 5)


def test_a_slice_of_mostly_junk_is_told_from_sound_text_in_a_language_that_was_not_taught(spark: SparkSession) -> None:
    draw = np.random.default_rng(8)
    mixed = [*draw.normal(0, 0.03, 80), *draw.normal(0.3, 0.05, 20)]
    hardly = draw.normal(0.08, 0.08, 200)
    by_slice = {"junk": mixed, "foreign": draw.normal(0, 0.03, 100), "hardly": hardly, "sound": draw.normal(0.3, 0.1, 900)}
    rows = rate_order(gains(spark, by_slice), {"junk", "hardly", "sound"}).orderBy("number").collect()
    found = {name: [row["posterior"] for row in rows if row["slice"] == name] for name in by_slice}
    assert np.mean(np.array(found["junk"][:80]) > 0.5) > 0.8
    assert max(found["junk"][80:]) < 0.5
    assert set(found["foreign"]) == {0.0}
    assert np.mean(np.array(found["hardly"]) > 0.5) < 0.05
    assert np.mean(np.array(found["sound"]) > 0.5) < 0.01


def test_taught_slices_by_hand(spark: SparkSession) -> None:
    half = {"phase": "train", "loss_sum": 1.0, "n_bytes": TAUGHT // 2}
    rows = [
        *({"doc": doc, "round": 1, "slice": "taught", **half} for doc in (1, 2)),
        *({"doc": doc, "round": round, "slice": "now", **half} for doc, round in ((3, 1), (4, 2))),
        *({"doc": doc, "round": 1, "slice": "elsewhere", **half, "arm": arm} for doc, arm in ((5, "plan"), (6, "control"))),
        *({"doc": doc, "round": 1, "slice": "read", **half, "phase": phase} for doc, phase in ((7, "train"), (8, "score"))),
    ]
    assert find_taught(events_frame(spark, rows), TURN) == {"taught"}


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), COUNTS, min_size=1, max_size=6),
    st.sets(st.text(min_size=1, max_size=3), max_size=6),
)
def test_every_chance_is_one(counts: dict[str, list[tuple[int, int]]], more: set[str]) -> None:
    full = {name: np.zeros((2, STEPS), np.int64) for name in counts}
    for name, found in counts.items():
        full[name][:, : len(found)] = np.array(found).T
    taught = more | set(list(full)[::2])
    for below, above in fit_slices(full, taught).values():
        assert 0 <= below <= 1
        assert ((above >= 0) & (above <= 1)).all()
        assert (np.diff(above[above.nonzero()]) <= 1e-12).all(), "the larger the gain, the less likely"


def gains(spark: SparkSession, by_slice: dict[str, Any]) -> Any:
    rows = [(name, number, float(gain)) for name, values in by_slice.items() for number, gain in enumerate(values)]
    return spark.createDataFrame(rows, "slice string, number int, order_gain double")


def test_planted_texts_without_order_are_found_and_counted(spark: SparkSession) -> None:
    draw = np.random.default_rng(5)
    salad, sound = draw.normal(0, 0.05, 400), draw.normal(0.35, 0.1, 3_600)
    found = rate_order(gains(spark, {"a": [*salad, *sound]})).orderBy("number").collect()
    posterior = np.array([row["posterior"] for row in found])
    assert posterior[:400].mean() > 0.9
    assert posterior[400:].mean() < 0.02
    assert posterior.sum() == pytest.approx(400, rel=0.1), "the chances sum to as many as there are"
    suspected = posterior > 0.5
    assert suspected[:400].sum() / suspected.sum() > 0.95


def test_a_sound_slice_has_no_suspect(spark: SparkSession) -> None:
    sound = np.random.default_rng(6).normal(0.4, 0.08, 2_000)
    assert {row["posterior"] for row in rate_order(gains(spark, {"a": sound})).collect()} == {0.0}


def test_a_slice_whose_language_the_model_does_not_know_tells_nothing(spark: SparkSession) -> None:
    draw = np.random.default_rng(7)
    found = rate_order(gains(spark, {"known": draw.normal(0.4, 0.08, 500), "foreign": draw.normal(0.0, 0.05, 500)})).collect()
    assert {row["posterior"] for row in found if row["slice"] == "foreign"} == {0.0}


def test_the_largest_gains_share_the_last_step(spark: SparkSession) -> None:
    found = rate_order(gains(spark, {"a": [*[STEP * STEPS * 3] * 9, -0.001]})).collect()
    assert sorted(row["posterior"] for row in found) == [*[0.0] * 9, 1.0]
