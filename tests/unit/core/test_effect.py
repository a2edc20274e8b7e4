"""What a measured difference means, at the edges of its interval."""

from __future__ import annotations

import pytest
from pyspark.sql import Row

from resonance.core.effect import FEW, Effect, judge_effect


@pytest.mark.parametrize(
    ("low", "high", "effect"),
    [
        (0.001, 0.002, "worse"),
        (0.0, 0.002, "unclear"),
        (-0.001, 0.001, "unclear"),
        (-0.002, 0.0, "unclear"),
        (-0.002, -0.001, "better"),
        (None, None, "unclear"),
    ],
)
def test_an_effect_needs_its_whole_interval_on_one_side(low: float | None, high: float | None, effect: Effect) -> None:
    assert judge_effect(Row(n_compared=FEW, delta=0.0, delta_low=low, delta_high=high)) == effect
    assert judge_effect(Row(n_compared=FEW - 1, delta=0.0, delta_low=low, delta_high=high)) == "unknown"


def test_without_a_rival_nothing_is_known() -> None:
    assert judge_effect(Row(n_compared=99, delta=None, delta_low=None, delta_high=None)) == "unknown"
