"""States against NumPy on each history alone; segments merge to the whole; the order of rows says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.bench.states import BOUND, DECAY, EARLY, FIGURES, apart, made, reference, slices_apart, states

from resonance.runtime import resources
from resonance.states.history import add_figures, merge_histories, start_histories
from resonance.states.trend import subtract_trend
from resonance.tables import SIGNAL_STATE
from resonance.testing import events_frame, hold

DOCUMENTS = 400


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return made(DOCUMENTS, seed=11)


@pytest.fixture(scope="module")
def events(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    return hold(subtract_trend(events_frame(spark, rows), DECAY))


@pytest.fixture(scope="module")
def whole(events: DataFrame) -> dict[int, dict[str, Any]]:
    return states(events)


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_against_numpy(whole: dict[int, dict[str, Any]], rows: list[dict[str, Any]], figure: str) -> None:
    expected = reference(rows)
    assert whole.keys() == {row["doc"] for row in rows}
    assert apart({doc: whole[doc] for doc in expected}, expected, [figure]) <= BOUND
    values = [state[figure] for state in expected.values() if state[figure] is not None]
    assert max(values) - min(values) > 0.1, "a figure that is the same for all texts shows nothing"
    assert len({row["step"] for row in rows if row["phase"] == "train"}) > 3, "too few checkpoints for a trend"


def test_slices_against_numpy(spark: SparkSession, rows: list[dict[str, Any]]) -> None:
    assert slices_apart(spark, rows) <= BOUND


@pytest.mark.parametrize("last", [1, 2, 3])
def test_two_segments_merge_to_the_whole(events: DataFrame, whole: dict[int, dict[str, Any]], last: int) -> None:
    late, early = (merge_histories(start_histories(events.where(part), EARLY)) for part in (f"round > {last}", f"round <= {last}"))
    both = collected(add_figures(merge_histories(late.unionByName(early))))
    assert both.keys() == whole.keys()
    for doc, state in whole.items():
        assert both[doc] == pytest.approx(state, abs=BOUND)


def test_stored_states_merge_with_new_events(events: DataFrame, whole: dict[int, dict[str, Any]]) -> None:
    contract = resources.contract(SIGNAL_STATE)
    first = add_figures(merge_histories(start_histories(events.where("round <= 2"), EARLY))).withColumn("current", F.lit(True))
    stored = hold(contract.conform(first))
    late = merge_histories(start_histories(events.where("round > 2"), EARLY))
    both = collected(add_figures(merge_histories(stored.select(*late.columns).unionByName(late))))
    assert both.keys() == whole.keys()
    for doc, state in whole.items():
        assert both[doc] == pytest.approx(state, abs=BOUND)


@pytest.mark.parametrize("partitions", [1, 5, 16])
def test_the_order_of_rows_says_nothing(
    spark: SparkSession, events: DataFrame, whole: dict[int, dict[str, Any]], partitions: int
) -> None:
    rows = sorted(events.collect(), key=lambda row: -row["pos"])
    turned = spark.createDataFrame(rows, events.schema).repartition(partitions, F.xxhash64("pos", "round"))
    for doc, state in states(turned).items():
        assert state == pytest.approx(whole[doc], abs=BOUND)


def collected(frame: DataFrame) -> dict[int, dict[str, Any]]:
    return {int.from_bytes(row["doc_id"], "big"): row.asDict() for row in frame.collect()}
