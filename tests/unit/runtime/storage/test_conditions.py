"""Slices by SQL and by Python say the same of every row."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from pyspark.sql import SparkSession

from resonance.core.frames import make_frame
from resonance.core.table import Slice
from resonance.runtime.storage.conditions import is_inside, where

ROWS: list[dict[str, Any]] = [
    {"step": step, "bucket": bucket} for step, bucket in product(("judge", "judge's", None), (0, 7, 4095, None))
]
SLICES: tuple[Slice, ...] = (
    {"step": "judge"},
    {"step": "judge's", "bucket": (0, 4095)},
    {"bucket": 7},
    {"bucket": (1, 7)},
    {"step": ("judge", "dedupe")},
    {},
)


@pytest.mark.parametrize("slice", SLICES, ids=str)
def test_a_row_is_in_a_slice_where_its_condition_says_so(spark: SparkSession, slice: Slice) -> None:
    frame = make_frame(spark, [tuple(row.values()) for row in ROWS], "step string, bucket int")
    held = frame.where(where(slice)) if slice else frame
    asked = sorted(map(str, (row.asDict() for row in held.collect())))
    assert asked == sorted(str(row) for row in ROWS if is_inside(row, slice))
