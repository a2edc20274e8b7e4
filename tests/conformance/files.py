"""Probes of Parquet files: of other writers, as they are read; of our own, as others read them; and what a filter finds in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import load_parquet, parse_schema
from tests.conformance.sources import MOMENTS, Frames, Probe


def _file(f: Frames, name: str, table: pa.Table, **how: Any) -> str:
    place = f.folder / f"made-{f.form}" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place, **how)
    return str(place)


def loaded(schema: str, *tables: pa.Table, **how: Any) -> Probe:
    """The rows of files that pyarrow wrote, read under a schema of ours."""

    def made(f: Frames) -> DataFrame:
        name = sha256(f"{schema} {[table.schema for table in tables]} {how}".encode()).hexdigest()[:12]
        paths = [_file(f, f"{name}/{place} of é.parquet", table, **how) for place, table in enumerate(tables)]
        return load_parquet(f.session, paths, parse_schema(schema))

    return made


def _table(**columns: pa.Array) -> pa.Table:
    return pa.table(columns)


def _lists(name: str) -> pa.Table:
    kind = pa.list_(pa.field(name, pa.int64()))
    struct = pa.list_(pa.field(name, pa.struct([("n", pa.int32()), ("w", pa.string())])))
    return pa.table({"xs": pa.array([[1, 2], [], None, [None]], kind), "ss": pa.array([[(1, "a")], [], None, [None]], struct)})


LISTS = "xs array<bigint>, ss array<struct<n:int,w:string>>"
TIMES = pa.array(MOMENTS, pa.timestamp("us", "UTC"))
MANY = pa.table(
    {
        "id": pa.array(range(1_000), pa.int64()),
        "k": pa.array([None if n % 97 == 0 else (n * 7919 % 1_000).to_bytes(2, "big") * 8 for n in range(1_000)], pa.binary()),
        "s": pa.array([None if n % 89 == 0 else f"{'é' if n % 2 else 'a'}{n // 100:03}" * 30 for n in range(1_000)]),
        "d": pa.array([None if n % 83 == 0 else float("nan") if n % 50 == 0 else n / 8 - 50 for n in range(1_000)]),
        "b": pa.array([None if n % 79 == 0 else n < 400 for n in range(1_000)]),
    }
)
MANY_SCHEMA = "id bigint, k binary, s string, d double, b boolean"


def _where(condition: Any) -> Probe:
    """The rows of many row groups with statistics that a condition keeps."""

    def made(f: Frames) -> DataFrame:
        path = _file(f, "many.parquet", MANY, row_group_size=50)
        rows = load_parquet(f.session, [path], parse_schema(MANY_SCHEMA))
        kept = rows.where(condition() if callable(condition) else condition)
        return kept.agg(F.count(F.lit(1)), F.sum("id"))

    return made


def written(f: Frames, rows: DataFrame) -> Path:
    """The folder of what the engine writes over other files."""
    place = f.folder / f"own-{f.form}"
    for _ in range(2):
        rows.write.mode("overwrite").parquet(str(place))
    return place


def _own_files(name: str) -> Probe:
    """What another reader finds in the files that the engine writes."""

    def made(f: Frames) -> Any:
        return sorted(pq.read_table(written(f, f[name])).to_pylist(maps_as_pydicts="strict"), key=lambda row: row["id"])

    return made


def _json_lines(f: Frames) -> Any:
    place = f.folder / f"lines-{f.form}"
    f["texts"].where("s IS NOT NULL").select(F.lower(F.hex("s")).alias("id"), "s", "t").write.mode("overwrite").json(place.as_uri())
    lines = [line for file in place.glob("*.json") for line in file.read_text(encoding="utf-8").split("\n") if line]
    return sorted(json.dumps(json.loads(line), sort_keys=True) for line in lines)


def _under_old_names(f: Frames) -> DataFrame:
    """Two files of one table, the older without the newer column."""
    new = _table(id=pa.array([1, 2], pa.int64()), label=pa.array(["x", None]))
    paths = [_file(f, "old/0.parquet", _table(id=pa.array([3], pa.int64()))), _file(f, "old/1.parquet", new)]
    return load_parquet(f.session, paths, parse_schema("id bigint, label string, score double, n int, b boolean, k binary"))


def _least_where_one_lacks_the_column(f: Frames) -> DataFrame:
    """DataFusion has pruned files by a bound that a file without the column set (apache/datafusion 25147)."""
    ids = [pa.array(range(100 * n, 100 * n + 100), pa.int64()) for n in range(4)]
    tables = [_table(n=ids[0]), _table(id=ids[0]), *(_table(n=part) for part in ids[1:])]
    paths = [_file(f, f"lacking/{place}.parquet", table, row_group_size=10) for place, table in enumerate(tables)]
    return load_parquet(f.session, paths, parse_schema("id bigint, n bigint")).agg(
        F.min("n"), F.max("n"), F.count("n"), F.min("id")
    )


FILES: Mapping[str, Probe] = {
    "file: lacks columns": loaded(
        "id bigint, n int, d double, s string, b boolean, k binary, xs array<bigint>, m map<string,double>",
        _table(id=pa.array([1, 2], pa.int64())),
    ),
    "file: the least where one lacks the column": _least_where_one_lacks_the_column,
    "file: one of two lacks a column": _under_old_names,
    "file: columns in another order, and one more": loaded(
        "a string, b bigint", _table(b=pa.array([1], pa.int64()), x=pa.array(["?"]), a=pa.array(["a"]))
    ),
    **{f"file: elements are called {name}": loaded(LISTS, _lists(name)) for name in ("element", "item", "array", "x")},
    "file: large texts and bytes": loaded(
        "s string, k binary", _table(s=pa.array(["é", None], pa.large_string()), k=pa.array([b"\xff", None], pa.large_binary()))
    ),
    "file: maps": loaded("m map<string,bigint>", _table(m=pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())))),
    "file: times": loaded("at timestamp", _table(at=TIMES)),
    "file: times of Spark's old kind": loaded("at timestamp", _table(at=TIMES), use_deprecated_int96_timestamps=True),
    "file: no row": loaded("id bigint, s string", _table(id=pa.array([], pa.int64()), s=pa.array([], pa.string()))),
    "file: no row beside some": loaded(
        "id bigint", _table(id=pa.array([], pa.int64())), _table(id=pa.array([1], pa.int64())), _table(id=pa.array([2], pa.int64()))
    ),
    "file: a field that a struct lacks": loaded(
        "p struct<a:int,b:string>", _table(p=pa.array([{"a": 1}, None], pa.struct([("a", pa.int32())])))
    ),
    "file: bytes of one length": loaded("k binary", _table(k=pa.array([b"ab", None], pa.binary(2)))),
    "file: no statistics": loaded("id bigint", _table(id=pa.array([1, None], pa.int64())), write_statistics=False),
    "file: strict column": loaded(
        "id bigint", pa.table([pa.array([1], pa.int64())], schema=pa.schema([pa.field("id", pa.int64(), nullable=False)]))
    ),
    "where bytes are equal": _where(lambda: F.col("k") == F.lit((7919 % 1_000).to_bytes(2, "big") * 8)),
    "where bytes are above": _where(lambda: F.col("k") > F.lit(b"\x02")),
    "where bytes are among": _where(lambda: F.col("k").isin([(n * 7919 % 1_000).to_bytes(2, "big") * 8 for n in (3, 400, 999)])),
    "where hex is": _where(lambda: F.lower(F.hex("k")) == "0000" * 8),
    "where bytes are null": _where("k IS NULL"),
    "where long text is equal": _where(lambda: F.col("s") == "é003" * 30),
    "where text is above": _where("s > 'é003'"),
    "where text is among": _where(lambda: F.col("s").isin("a000" * 30, "é009" * 30)),
    "where double is above, NaN among them": _where("d > 60"),
    "where double is below": _where("d < -45"),
    "where double is NaN": _where("isnan(d) AND d IS NOT NULL"),
    "where double is not": _where("NOT (d <= 0)"),
    "where number is between": _where("id BETWEEN 120 AND 130"),
    "where number is not among": _where("id NOT IN (1, 2, 999)"),
    "where flag": _where("b"),
    "where flag is not": _where("NOT b"),
    "where one or other": _where("id = 5 OR s IS NULL AND NOT coalesce(b, false)"),
    **{f"own files: {name}": _own_files(name) for name in ("texts", "numbers", "ids", "times", "lists")},
    "own lines of JSON": _json_lines,
}
