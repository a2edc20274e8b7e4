"""Probes of kernels: Arrow batches that a Python pass gets, and what becomes of those that it yields."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.core.frames import group_rows, map_batches
from tests.conformance.sources import Frames, Probe

Batches = Iterable[pa.RecordBatch]
EVERYTHING = (
    "id int, xs array<bigint>, ws array<string>, ss array<struct<n:int,w:string>>, m map<string,double>, c map<string,bigint>"
)


cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Spark's workers know no tests


def same(batches: Batches) -> Iterator[pa.RecordBatch]:
    """What came."""
    yield from batches


def nothing(batches: Batches) -> Iterator[pa.RecordBatch]:
    """No batch at all."""
    for _ in batches:
        pass
    yield from ()


def emptied(batches: Batches) -> Iterator[pa.RecordBatch]:
    """The batches without their rows."""
    yield from (batch.slice(0, 0) for batch in batches)


def lengths(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Bytes of each text, and whether there is one."""
    for batch in batches:
        said = batch.column("s").to_pylist()
        sizes = pa.array([None if text is None else len(text.encode()) for text in said], pa.int64())
        yield pa.RecordBatch.from_arrays([batch.column("id"), sizes], names=["id", "n"])


def counted(batches: Batches) -> Iterator[pa.RecordBatch]:
    """One row: how many came."""
    yield pa.RecordBatch.from_pydict({"n": pa.array([sum(batch.num_rows for batch in batches)], pa.int64())})


def large(batches: Batches) -> Iterator[pa.RecordBatch]:
    """The texts and lists with 64-bit offsets."""
    for batch in batches:
        columns = [
            batch.column("id"),
            batch.column("s").cast(pa.large_string()),
            batch.column("xs").cast(pa.large_list(pa.int64())),
        ]
        yield pa.RecordBatch.from_arrays(columns, names=["id", "s", "xs"])


def made(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Columns of every kind that kernels of ours make."""
    for batch in batches:
        rows = [
            {
                "id": id,
                "t": None if id % 3 == 0 else f"é{id}",
                "k": bytes([id % 256]) * 2 if id % 5 else None,
                "d": id / 4 if id % 7 else None,
                "edits": [{"rule": "r", "starts": [id, id + 1], "ends": []}] * (id % 3) if id % 4 else None,
                "set": {"n": id, "w": None} if id % 2 else None,
                "at": datetime(2026, 1, 1, tzinfo=UTC) if id % 2 else None,
            }
            for id in batch.column("id").to_pylist()
        ]
        yield pa.RecordBatch.from_pylist(rows, schema=MADE_ARROW)


MADE = (
    "id int, t string, k binary, d double, edits array<struct<rule:string,starts:array<bigint>,ends:array<bigint>>>, "
    "set struct<n:bigint,w:string>, at timestamp"
)
MADE_ARROW = pa.schema(
    [
        ("id", pa.int32()),
        ("t", pa.large_string()),
        ("k", pa.binary()),
        ("d", pa.float64()),
        ("edits", pa.list_(pa.struct([("rule", pa.string()), ("starts", pa.list_(pa.int64())), ("ends", pa.list_(pa.int64()))]))),
        ("set", pa.struct([("n", pa.int64()), ("w", pa.string())])),
        ("at", pa.timestamp("us", "UTC")),
    ]
)


def void(batches: Batches) -> Iterator[pa.RecordBatch]:
    """A column without a type where text is declared."""
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch.column("id"), pa.nulls(batch.num_rows)], names=["id", "t"])


def narrow(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Other whole numbers than are declared."""
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch.column("id").cast(pa.int32())], names=["id"])


def spelled(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Text where whole numbers are declared."""
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch.column("id").cast(pa.string())], names=["id"])


def renamed(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Another name than is declared."""
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch.column("id")], names=["other"])


def broken(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Fails at one row."""
    for batch in batches:
        if 17 in batch.column("id").to_pylist():
            raise ValueError("cannot read this")
        yield batch


def refused(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Fails with an error of ours."""
    for _ in batches:
        raise ContractError("table raw: document ab holds no example")
    yield from ()


def _said(probe: Probe, *words: str) -> Probe:
    """Whether the error that a pass ends with holds each of these words."""

    def asked(f: Frames) -> Any:
        try:
            probe(f).collect()
        except Exception as error:
            return [word in str(error) for word in words]
        return "no error"

    return asked


KERNELS: Mapping[str, Probe] = {
    "kernel: same rows": lambda f: map_batches(f["lists"].select("id", "xs", "ws", "ss", "m", "c"), same, EVERYTHING),
    "kernel: texts and bytes": lambda f: map_batches(f["many"].select("id", "s", "k"), same, "id bigint, s string, k binary"),
    "kernel: times": lambda f: map_batches(f["times"].select("id", "at"), same, "id int, at timestamp"),
    "kernel: doubles and flags": lambda f: map_batches(f["numbers"], same, "id int, l bigint, i int, d double, b boolean"),
    "kernel: empty parts": lambda f: map_batches(
        f["many"].where("id < 3").select("id", "s").repartition(8), lengths, "id bigint, n bigint"
    ),
    "kernel: of nothing": lambda f: map_batches(f["none"].select("id", "s"), lengths, "id int, n bigint"),
    "kernel: yields nothing": lambda f: map_batches(f["many"].select("id", "s"), nothing, "id bigint, n bigint"),
    "kernel: yields empty batches": lambda f: map_batches(f["many"].select("id", "s"), emptied, "id bigint, s string"),
    "kernel: all rows in one part": lambda f: map_batches(f["many"].select("id").coalesce(1), counted, "n bigint"),
    "kernel: nothing in one part": lambda f: map_batches(f["none"].select("id").coalesce(1), counted, "n bigint"),
    "kernel: lengths": lambda f: map_batches(f["texts"].select("id", "s"), lengths, "id int, n bigint"),
    "kernel: texts of expressions": lambda f: map_batches(
        f["texts"].select("id", F.coalesce(F.substring_index("t", "/", -1), F.lower("s"), F.lit("é")).alias("s")),
        lengths,
        "id int, n bigint",
    ),
    "kernel: literal text": lambda f: map_batches(f["texts"].select("id", F.lit("é").alias("s")), lengths, "id int, n bigint"),
    "kernel: large offsets": lambda f: map_batches(
        f["many"].select("id", "s", "xs"), large, "id bigint, s string, xs array<bigint>"
    ),
    "kernel: every kind of column": lambda f: map_batches(f["many"].select(F.col("id").cast("int").alias("id")), made, MADE),
    "kernel: elements of what it made": lambda f: (
        map_batches(f["many"].select(F.col("id").cast("int").alias("id")), made, MADE)
        .select("id", F.explode("edits").alias("edit"))
        .select("id", "edit.*")
    ),
    "kernel: of a kernel": lambda f: map_batches(
        map_batches(f["many"].select("id", "s"), same, "id bigint, s string"), lengths, "id bigint, n bigint"
    ),
    "kernel: then grouped": lambda f: (
        map_batches(f["many"].select("id", "s"), lengths, "id bigint, n bigint").groupBy("n").agg(F.count(F.lit(1)), F.max("id"))
    ),
    "kernel: then joined": lambda f: (
        map_batches(f["many"].select("id", "s"), lengths, "id bigint, n bigint")
        .join(f["many"].select("id", "g"), "id")
        .where("n > 100")
    ),
    "kernel: united with rows": lambda f: map_batches(f["texts"].select("id", "s"), same, "id int, s string").unionByName(
        f["right"].select(F.lit(0).alias("id"), "s")
    ),
    "kernel: a column without a type": lambda f: map_batches(f["texts"].select("id"), void, "id int, t string"),
    "kernel: rows in groups": lambda f: map_batches(
        group_rows(f["groups"].select("g", "id"), "g", "id").select("id", "nth"), same, "id int, nth int"
    ),
    "kernel: narrower numbers are refused": _said(
        lambda f: map_batches(f["many"].select("id"), narrow, "id bigint"),
        "a kernel yields int32 for column id",
        "declared as int64",
    ),
    "kernel: other names are refused": _said(
        lambda f: map_batches(f["many"].select("id"), renamed, "id bigint"),
        "a kernel yields columns ['other'] where ['id'] are declared",
    ),
    "kernel: an error names its row": _said(
        lambda f: map_batches(
            f["many"].select("id", F.concat(F.lit("row"), F.col("id").cast("string")).alias("doc_id")),
            broken,
            "id bigint, doc_id string",
        ),
        "doc_id 'row17': ValueError: cannot read this",
    ),
    "kernel: our own error stays": _said(
        lambda f: map_batches(f["many"].select("id"), refused, "id bigint"),
        "ContractError: table raw: document ab holds no example",
    ),
}
