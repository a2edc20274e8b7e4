"""Counts distinct values exactly: numbers that rise are distinct, which takes no table of them; all others are grouped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.core.frames import map_batches

COLUMNS = ("first", "last", "many")
WHOLE = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)


def count_distinct(rows: DataFrame, words: str) -> int:
    """How many values an expression has in words of SQL; null is none."""
    values = rows.select(F.expr(words).alias("value")).where("value IS NOT NULL")
    risen = count_risen(values) if isinstance(values.schema["value"].dataType, WHOLE) else None
    return values.distinct().count() if risen is None else risen


def count_risen(values: DataFrame) -> int | None:
    """How many whole numbers there are, where it is plain that they differ; None elsewhere, which reads few of them."""
    runs = map_batches(values, find_runs, ", ".join(f"{name} bigint" for name in COLUMNS)).collect()
    if any(run["many"] is None for run in runs):
        return None
    ordered = sorted(runs, key=lambda run: run["first"])
    apart = all(one["last"] < other["first"] for one, other in zip(ordered, ordered[1:], strict=False))
    return sum(run["many"] for run in runs) if apart else None


def find_runs(batches: Iterable[Any]) -> Iterator[Any]:
    """Numbers that rise from row to row, in runs: first, last, and how many there are; nulls at the first that does not rise.

    A run ends where a batch begins with a smaller number than the one before it ends with.
    """
    import numpy as np

    run: tuple[int, int, int] | None = None
    batches = iter(batches)
    for batch in batches:
        numbers = batch.column(0).to_numpy(zero_copy_only=False).astype(np.int64)
        if (numbers[1:] <= numbers[:-1]).any():
            run = None
            yield make_runs(None)
            break
        if len(numbers):
            first, last, many = int(numbers[0]), int(numbers[-1]), len(numbers)
            if run is not None and first <= run[1]:
                yield make_runs(run)
                run = None
            run = (first, last, many) if run is None else (run[0], last, run[2] + many)
    for _ in batches:  # a worker reads its input to the end
        pass
    if run is not None:
        yield make_runs(run)


def make_runs(run: tuple[int, int, int] | None) -> Any:
    """A batch of one run."""
    import pyarrow as pa

    first, last, many = run or (None, None, None)
    return pa.RecordBatch.from_pylist([{"first": first, "last": last, "many": many}], pa.schema(dict.fromkeys(COLUMNS, pa.int64())))
