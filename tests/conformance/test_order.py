"""Rows that belong together reach a kernel together and in their order, however many there are and wherever they lie."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from types import FunctionType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark import cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.frames import group_rows, load_parquet, map_batches, parse_schema, rank_rows

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Spark's workers know no tests

COMPONENTS = 3_000
SCHEMA = "component binary, doc_id binary, payload string"
BLOCK_BYTES = 20_000
"""Small, so that components lie over the ends of many blocks."""


def rows_of(seed: int) -> list[tuple[bytes, bytes, str]]:
    """Members of components of one to forty, in no order; some are much larger than a block or a batch."""
    chance = Random(seed)
    names = [chance.randbytes(16) for _ in range(COMPONENTS)]
    sizes = [chance.choice([1, 2, 3, chance.randrange(1, 40)]) for _ in names]
    sizes[7] = 5_000
    rows = [
        (name, chance.randbytes(16), "x" * chance.randrange(40))
        for name, size in zip(names, sizes, strict=True)
        for _ in range(size)
    ]
    chance.shuffle(rows)
    return rows


def runs(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row for each run of one component: how many rows, whether they rise by id, and whether ``nth`` counts them."""
    last, found = None, []
    for batch in batches:
        columns = (batch.column(name).to_pylist() for name in ("component", "doc_id", "nth"))
        for component, doc_id, nth in zip(*columns, strict=True):
            if component != last:
                found.append([component, 0, True, True, b""])
            run = found[-1]
            run[1] += 1
            run[2] &= doc_id > run[4]
            run[3] &= nth == run[1]
            run[4], last = doc_id, component
    columns = list(zip(*(run[:4] for run in found), strict=True)) or [[]] * 4
    kinds = (pa.binary(), pa.int64(), pa.bool_(), pa.bool_())
    yield pa.RecordBatch.from_arrays(
        [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names=["component", "n", "rises", "counted"]
    )


def in_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row for each component of each block of whole components."""
    from resonance.curate.duplicates import verified

    small = FunctionType(verified.blocks.__code__, {**vars(verified), "BLOCK_BYTES": BLOCK_BYTES})
    for number, block in enumerate(small(batches)):
        counts = Counter(block.column("component").to_pylist())
        columns = [pa.array(counts.keys(), pa.binary()), pa.array(counts.values(), pa.int64()), pa.array([number] * len(counts))]
        yield pa.RecordBatch.from_arrays(columns, names=["component", "n", "block"])


def rising(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Whether all rows of a part come in the order of their ids."""
    ids = [doc_id for batch in batches for doc_id in batch.column("doc_id").to_pylist()]
    yield pa.RecordBatch.from_pydict({"rises": pa.array([ids == sorted(ids)])})


def check_groups(spark: SparkSession, folder: Path, seed: int) -> str:
    """Hold ``group_rows`` to its promise; says over how many blocks it went. A process of its own calls this too."""
    rows = rows_of(seed)
    place = folder / f"rows-{seed}"
    spark.createDataFrame(rows, SCHEMA).repartition(8).write.mode("overwrite").parquet(str(place))
    stored = load_parquet(spark, [str(place)], parse_schema(SCHEMA))
    sizes = Counter(component for component, *_ in rows)
    for scattered in (stored, stored.repartition(11), stored.coalesce(1)):
        grouped = group_rows(scattered, "component", "doc_id")
        found = map_batches(grouped, runs, "component binary, n bigint, rises boolean, counted boolean").collect()
        assert len(found) == len(sizes), "a component came in more than one run"
        assert {bytes(row["component"]): row["n"] for row in found} == sizes
        assert all(row["rises"] and row["counted"] for row in found)
    whole = map_batches(group_rows(stored, "component", "doc_id"), in_blocks, "component binary, n bigint, block bigint").collect()
    assert {bytes(row["component"]): row["n"] for row in whole} == sizes, "a block held a part of a component"
    assert len(whole) == len(sizes)
    return f"{1 + max(row['block'] for row in whole)} blocks"


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_of_a_component_stay_together_and_in_order(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    blocks = check_groups(spark, tmp_path, seed)
    assert int(blocks.split()[0]) > 5


@pytest.mark.engine("embedded")
@pytest.mark.parametrize("weigh", ["lambda batch: 1", "None"])
def test_rows_dealt_to_more_parts_than_cores_come_to_an_end(tmp_path: Path, weigh: str) -> None:
    """In a process of its own, which is killed where it hangs: Sail deals to no part while one does not read.

    Small rows that say where work is, as those of a folder of 20,000 files, and rows that are the work.
    """
    code = f"""
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from resonance.core.frames import map_batches
from tests.conformance.test_order import SCHEMA, rising, rows_of
session = open_engine("embedded", SparkSettings(), Path({str(tmp_path)!r})).session
rows = session.createDataFrame(rows_of(5), SCHEMA).repartition(64)
print(map_batches(rows, rising, "rises boolean", {weigh}).count())
"""
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(tests), "SAIL_EXECUTION__BATCH_SIZE": "200"}
    command = [sys.executable, "-W", "ignore", "-c", code]
    assert subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tests, timeout=60).stdout == "64\n"


@pytest.mark.parametrize("parts", [1, 8])
def test_so_they_do_over_one_part_and_over_eight(engine_name: str, tmp_path: Path, parts: int) -> None:
    code = f"""
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from tests.conformance.test_order import check_groups
settings = SparkSettings(master="local[{parts}]", driver_memory="1g", shuffle_partitions={parts})
engine = open_engine({engine_name!r}, settings, Path({str(tmp_path / "spill")!r}))
print(check_groups(engine.session, Path({str(tmp_path)!r}), 3))
engine.stop()
"""
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "SAIL_EXECUTION__DEFAULT_PARALLELISM": str(parts), "PYTHONPATH": str(tests)}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment, capture_output=True, text=True, cwd=tests)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "blocks" in done.stdout


def test_rows_are_ranked_by_bytes(spark: SparkSession) -> None:
    chance = Random(9)
    ends = [b"", b"\x00", b"\x7f", b"\x80", b"\xff", None]
    rows = [
        (n, chance.choice([None, b"a", b"\xff" * 2]), b"".join(e or b"" for e in chance.choices(ends, k=3)), chance.randrange(4))
        for n in range(2_000)
    ]
    frame = spark.createDataFrame(rows, "id int, k binary, o binary, n int").repartition(5)
    ranked = frame.select(
        "id", rank_rows(["k"], ["o", F.desc("n"), "id"]).alias("up"), rank_rows(["k"], [F.desc("o"), "id"]).alias("down")
    )
    found = {row["id"]: (row["up"], row["down"]) for row in ranked.collect()}
    for key in {row[1] for row in rows}:
        group = [row for row in rows if row[1] == key]
        up = sorted(group, key=lambda row: (row[2], -row[3], row[0]))
        down = sorted(sorted(group, key=lambda row: row[0]), key=lambda row: row[2], reverse=True)
        assert [found[row[0]][0] for row in up] == list(range(1, len(group) + 1))
        assert [found[row[0]][1] for row in down] == list(range(1, len(group) + 1))


def mixed(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(rows_of(4)[:9_000], SCHEMA).repartition(3).select("doc_id")


@pytest.mark.engine("embedded")
@pytest.mark.parametrize("sorts", ["sortWithinPartitions", "orderBy"])
def test_a_bare_sort_before_a_kernel_is_lost(spark: SparkSession, sorts: str) -> None:
    """A control. Where it fails, the engine was mended: ``group_rows`` may become a sort then."""
    found = map_batches(getattr(mixed(spark), sorts)("doc_id"), rising, "rises boolean").collect()
    assert not all(row["rises"] for row in found)


@pytest.mark.engine("embedded")
@pytest.mark.parametrize(("format", "holds"), [("parquet", True), ("delta", False)])
def test_a_bare_sort_before_a_write(spark: SparkSession, tmp_path: Path, format: str, holds: bool) -> None:
    """A control: it holds before Parquet, and is lost before Delta, by which tables with lists are staged."""
    mixed(spark).sortWithinPartitions("doc_id").write.format(format).save(str(tmp_path / "rows"))
    written = [pq.ParquetFile(file).read()["doc_id"].to_pylist() for file in (tmp_path / "rows").rglob("*.parquet")]
    assert all(ids == sorted(ids) for ids in written) == holds


@pytest.mark.engine("spark")
def test_a_bare_sort_before_a_kernel_holds_on_spark(spark: SparkSession) -> None:
    found = map_batches(mixed(spark).sortWithinPartitions("doc_id"), rising, "rises boolean").collect()
    assert all(row["rises"] for row in found)
