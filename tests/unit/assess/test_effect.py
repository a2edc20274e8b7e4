"""What the documents of a round did to its model: against closed forms, another library, and rows made by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from pyspark.sql.types import StructField, StructType
from scipy.stats import spearmanr

from resonance.assess.effect import (
    assess_effect,
    correlate_quality,
    find_low_quality,
    judge_effect,
    measure_heldout,
    rank_correlation,
)
from resonance.core.gates import find_closed
from resonance.core.job import Turn
from resonance.runtime import resources
from resonance.tables import EVALUATIONS, QUALITY_GATE, QUALITY_RESULT, SIGNAL_STATE, SIGNALS_QUALITY

CONTROL = {"bpb": 2.0}


def plan(high, compared=10):
    return {"delta_high": high, "n_compared": compared, "n_docs": 20}


@pytest.mark.parametrize(
    ("arms", "state", "raw"),
    [
        ({"plan": plan(0.019), "control": CONTROL}, "passed", 0.0095),
        ({"plan": plan(0.021), "control": CONTROL}, "failed", 0.0105),
        ({"plan": plan(0.021, 4), "control": CONTROL}, "not_run", None),
        ({"plan": plan(None)}, "not_run", None),
        ({}, "not_run", None),
    ],
)
def test_the_upper_end_of_what_held_out_loss_rose_by_decides(arms, state, raw):
    held = measure_heldout(arms)
    verdict = judge_effect(held)
    assert (verdict.state, held.raw) == (state, raw if raw is None else pytest.approx(raw))
    assert len(verdict.reasons) == len(verdict.mend) == (state != "passed")


@pytest.mark.parametrize("seed", range(5))
def test_ranks_with_ties_correlate_as_another_library_says(seed):
    rng = np.random.default_rng(seed)
    ones = rng.integers(0, 7, 50).astype(float)
    others = ones * rng.choice([-1, 1]) + rng.integers(0, 5, 50)
    assert rank_correlation(list(ones), list(others)) == pytest.approx(spearmanr(ones, others).statistic)


def test_correlation_keeps_its_sign_and_asks_for_enough_texts():
    falling = [(i / 100, 3 - i / 50) for i in range(60)]
    assert (correlate_quality(falling, 120).raw, correlate_quality(falling, 120).score) == (pytest.approx(-1), pytest.approx(1))
    assert "29 texts" in correlate_quality(falling[:29], 29).reason
    assert "same" in correlate_quality([(0.5, float(i)) for i in range(40)], 40).reason


def test_hard_slices_are_listed_with_excess_and_factor():
    losses = {"easy": [1.0, 1.2] * 50, "hard": [2.0, 2.2] * 10, "wide": [0.2, 3.0] * 2, "one": [9.0]}
    sums = {name: (len(own), sum(own), sum(x * x for x in own)) for name, own in losses.items()}
    whole, *low = find_low_quality(sums)
    every = [x for own in losses.values() for x in own]
    assert [effect.stratum["slice"] for effect in low] == ["hard"], "one text, or a mean within two errors, says nothing"
    assert low[0].raw == pytest.approx(2.1 - np.mean(every))
    assert low[0].score == pytest.approx(np.mean(every) / 2.1)
    assert whole.raw == pytest.approx(20 / len(every))
    error = np.std(losses["wide"], ddof=1) / math.sqrt(4)
    assert np.mean(every) < np.mean(losses["wide"]) < np.mean(every) + 2 * error


def test_tables_hold_effects_and_a_gate_that_the_next_round_meets(spark):
    def fill(table, rows):
        schema = StructType([StructField(field.name, field.dataType) for field in resources.contract(table).schema])
        return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)

    def key(i):
        return {"doc_id": i.to_bytes(16, "big"), "content_hash": i.to_bytes(16, "big"), "bucket": i}

    arm = {"round": 2, "slice": "*", "n_docs": 9, "bpb": 2.0, "replicates": 10, "low": 1.9, "high": 2.1}
    evaluations = [{**arm, "arm": "control"}, {**arm, "arm": "plan", "delta": 0.1, "delta_high": 0.2, "n_compared": 9}]
    states = [{**key(i), "slice": "s", "last_bpb": 4 - i / 40, "current": i < 40} for i in range(50)]
    quality = [{**key(i), "batch": b, "version": 1, "quality": i / 50} for i in range(45) for b in ("one", "two")]
    given = (fill(EVALUATIONS, evaluations), fill(SIGNAL_STATE, states), fill(SIGNALS_QUALITY, quality))
    results, gates = assess_effect(*given, turn=Turn("main", 2, run="abc"))
    rows = {row["operator"]: row for row in resources.contract(QUALITY_RESULT).conform(results).collect()}
    assert json.loads(rows["heldout_loss_delta"]["params"]) == {"most": 0.01}
    assert rows["heldout_loss_delta"]["raw"] == pytest.approx(0.1)
    assert rows["loss_quality_correlation"]["raw"] == pytest.approx(-1)
    assert rows["loss_quality_correlation"]["n_examined"] == 40, "texts that are current, each once"
    assert rows["proxy_delta"]["state"] == "not_measurable"
    assert {row["metric"] for row in rows.values()} == {None}
    (gate,) = [row.asDict() for row in resources.contract(QUALITY_GATE).conform(gates).collect()]
    assert gate["state"] == "failed"
    assert find_closed([gate], [], ("effect",), 3) == [gate]
