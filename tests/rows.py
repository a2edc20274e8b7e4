"""Rows that tests collect hold bytes on every Spark: 3.5 gives bytearrays, which are in no set. The product still meets these."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pyspark
from pyspark.sql import DataFrame, Row


@contextmanager
def give_bytes() -> Iterator[None]:
    """Until the end of the ``with`` statement, where Spark is older than 4."""
    if int(pyspark.__version__.partition(".")[0]) >= 4:
        yield
        return
    collect = DataFrame.collect

    def collect_bytes(frame: DataFrame) -> list[Row]:
        rows = collect(frame)
        return make_bytes(rows) if is_for_test() else rows

    with patch.object(DataFrame, "collect", collect_bytes):
        yield


def is_for_test() -> bool:
    """Whether a test asked for the rows, by itself or through pyspark's own methods, rather than the product."""
    caller = sys._getframe(2)
    while caller.f_back and str(caller.f_globals.get("__name__")).startswith("pyspark."):
        caller = caller.f_back
    return not str(caller.f_globals.get("__name__")).startswith("resonance.")


def make_bytes(value: Any) -> Any:
    """The value, with bytes for bytearrays wherever they stand in it."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, Row):
        made = Row(*map(make_bytes, value))
        made.__fields__ = value.__fields__
        return made
    if isinstance(value, list):
        return [make_bytes(one) for one in value]
    if isinstance(value, dict):
        return {make_bytes(key): make_bytes(one) for key, one in value.items()}
    return value
