"""Probes of what Python hands over and gets back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.runtime import resources
from resonance.tables import DOCUMENTS, SIGNAL_EVENT, STEPS
from tests.conformance.sources import Frames, Probe


def _kinds(f: Frames) -> Any:
    """The Python types of collected values."""
    lists, ids, times = f["lists"].where("id = 5"), f["ids"].where("id = 3"), f["times"].where("id = 3")
    row = lists.crossJoin(ids.select("k")).crossJoin(times.select("at")).collect()[0]
    return {name: type(value).__name__ for name, value in row.asDict(recursive=True).items()}


def _step(f: Frames) -> DataFrame:
    row = {
        "run": "r", "job": "j", "batch": "b", "round": 0, "arm": "plan", "rows_in": 1, "rows_out": 1, "rows_cut": 0,
        "cut_by_rule": {"x": 0, "é": 2}, "written": {}, "read": {"t": 1}, "seconds": 1.5,
        "finished_at": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    }  # fmt: skip
    return f.session.createDataFrame([row], resources.contract(STEPS).schema)


def _conformed(f: Frames) -> Any:
    """Types of a frame that was made as a contract says, and whether its columns may be null."""
    contract = resources.contract(SIGNAL_EVENT)
    frame = contract.conform(f.session.createDataFrame([], contract.schema))
    return [frame.schema.simpleString(), [row.asDict() for row in frame.collect()]]


def _metadata(f: Frames) -> Any:
    field = T.StructField("a", T.IntegerType(), True, {"comment": "what it says"})
    return f.session.createDataFrame([(1,)], T.StructType([field])).schema["a"].metadata


def _held(f: Frames) -> Any:
    rows = f["groups"].where("b").persist()
    found = rows.count(), rows.groupBy("g").count().count()
    rows.unpersist()
    return found


VALUES: Mapping[str, Probe] = {
    "python: kinds of values": _kinds,
    "python: a row of steps": _step,
    "python: a frame of a contract": _conformed,
    "python: no rows": lambda f: f.session.createDataFrame([], resources.contract(DOCUMENTS).schema),
    "python: first of nothing": lambda f: [f["none"].first(), f["none"].isEmpty(), f["none"].count(), f["ids"].isEmpty()],
    "python: first in an order": lambda f: tuple(f["groups"].orderBy("k", "id").select("id", "k").first()),
    "python: take": lambda f: [tuple(row) for row in f["groups"].orderBy("id").select("id").take(3)],
    "python: columns": lambda f: [f["lists"].columns, f["lists"].select("p.*", F.lit(1).alias("set")).columns],
    "python: rows held": _held,
    "python: comments of columns": _metadata,
    "python: rows as Arrow": lambda f: f["numbers"].orderBy("id").select("id", "l", "b").toArrow().to_pylist(),
    "python: sums": lambda f: [
        int(f["many"].agg(F.sum(F.xxhash64("s").cast("decimal(38,0)")).alias("t")).collect()[0]["t"]),
        f["many"].agg(F.coalesce(F.sum(F.octet_length("s")), F.lit(0)).alias("bytes")).first()["bytes"],
    ],
    "python: a frame knows its session": lambda f: f["ids"].sparkSession is f.session,
}
