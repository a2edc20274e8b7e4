from __future__ import annotations

from pyspark.sql import SparkSession

from resonance.core.frames import make_frame
from resonance.train.try_rules import count_steps


def test_steps_follow_from_tokens_at_the_pace_of_the_rounds_own_training(spark: SparkSession) -> None:
    rows = [(1, "plan", True, 90, 9_000), (2, "plan", False, 50, 5_000), (2, "plan", True, 100, 20_000), (2, "again", True, 7, 10)]
    checkpoints = make_frame(spark, rows, "round int, arm string, final boolean, step int, tokens bigint")
    assert count_steps(checkpoints, 2, 10_000) == 50
    assert count_steps(checkpoints, 2, 10_099) == 50
    assert count_steps(checkpoints, 2, 10_100) == 51
    assert count_steps(checkpoints, 2, 1) == 1
