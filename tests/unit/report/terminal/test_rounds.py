"""What `resonance compare` shows of two rounds, cell by cell."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.table import Table

from resonance.core.errors import ResonanceError
from resonance.report.terminal.rounds import compare_rounds

PLANNED = "round int, arm string, doc_id binary"


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    """Round 1 has slices a and b; in round 2 b is gone and c has come; there is a plan of round 3 but no model."""
    plans = [(1, "a", 0.5), (1, "b", 0.5), (2, "a", 0.25), (2, "c", 0.75), (3, "a", 1.0)]
    effects = (
        "round int, arm string, slice string, n_compared bigint, n_suspected bigint, bpb double, delta double, "
        "delta_low double, delta_high double"
    )
    evaluations = [
        (1, "plan", "*", 9, 0, 2.5, None, None, None),
        (1, "plan", "a", 9, 0, 2.25, None, None, None),
        (2, "plan", "*", 9, 0, 2.25, -0.25, -0.5, -0.125),
        (2, "plan", "a", 9, 0, 2.5, -0.25, -0.5, -0.125),
        (2, "control", "*", 9, 0, 2.5, None, None, None),
        (2, "control", "a", 9, 0, 9.0, None, None, None),
    ]
    tokens = [(2, "plan", 1, True, 900, 1), (2, "control", 1, True, 901, 1)]
    return {
        "plans": spark.createDataFrame(plans, "round int, slice string, weight double"),
        "evaluations": spark.createDataFrame(evaluations, effects),
        "checkpoints": spark.createDataFrame(
            tokens, "round int, arm string, step int, final boolean, tokens bigint, published_at int"
        ),
        "sample_weights": spark.createDataFrame([], "round int"),
        "sample_plan": spark.createDataFrame([], PLANNED),
        "signal_event": spark.createDataFrame([], "round int, run string, phase string, n_tok int"),
    }


def test_two_rounds_stand_side_by_side(frames: dict[str, DataFrame]) -> None:
    first, second, table = compare_rounds(frames, 1, 2)
    assert first == "Whether round 1 was worth it is not known: no control arm was evaluated beside it."
    assert str(second).startswith("Round 2 was worth it: ")
    assert isinstance(table, Table)
    rows = list(zip(*(column.cells for column in table.columns), strict=True))
    assert rows == [
        ("all slices", "", "", "", "2.500", "2.250", "−0.250"),
        ("c", "", "75.00%", "", "", "", ""),
        ("a", "50.00%", "25.00%", "0.50", "2.250", "2.500", "+0.250"),
        ("b", "50.00%", "", "", "", "", ""),
    ]
    assert [column.header for column in table.columns][1:3] == ["weight in 1", "in 2"]


def test_a_round_that_was_not_trained_yet_shows_its_weights(frames: dict[str, DataFrame]) -> None:
    worth, table = compare_rounds(frames, 2, 3)
    assert str(worth).startswith("Round 2 was worth it: ")
    assert isinstance(table, Table)
    assert list(table.columns[5].cells) == ["", "", ""]


def test_a_round_without_a_plan_is_refused(frames: dict[str, DataFrame]) -> None:
    with pytest.raises(ResonanceError, match=r"^no plan for round 7: there are plans for rounds \[1, 2, 3\]$"):
        compare_rounds(frames, 1, 7)
