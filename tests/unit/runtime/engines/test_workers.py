"""Kernels in processes beside the embedded engine: the same batches, none lost, none waiting for ever."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import EngineError, KernelError
from resonance.core.frames import Named, map_batches, parse_schema
from resonance.runtime.engines.workers import LIGHT_BYTES, Workers

SCHEMA = parse_schema("id bigint, process int")


def stamp(batches: Iterable[Any]) -> Iterator[Any]:
    """The ids, and the process that saw them."""
    for batch in batches:
        processes = pa.array([os.getpid()] * batch.num_rows, pa.int32())
        yield pa.RecordBatch.from_arrays([batch.column("id"), processes], names=["id", "process"])


def fail_at(batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        if 777 in batch.column("doc_id").to_pylist():
            raise ValueError("cannot be read")
        yield batch


def die(batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        os.kill(os.getpid(), signal.SIGKILL)
        yield batch


def nothing(batches: Iterable[Any]) -> Iterator[Any]:
    for _ in batches:
        pass
    yield from ()


def batches_of(*sizes: int) -> Iterator[Any]:
    start = 0
    for size in sizes:
        yield pa.RecordBatch.from_pydict({"id": list(range(start, start + size))})
        start += size


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(cores=2)
    yield made
    made.close()


def heavy(_: Any) -> int:
    return LIGHT_BYTES


def test_light_work_stays_here_and_heavy_work_goes_elsewhere(workers: Workers) -> None:
    light = pa.Table.from_batches(workers.carry(stamp, batches_of(3, 4), None, "light"))
    assert light.column("id").to_pylist() == list(range(7))
    assert set(light.column("process").to_pylist()) == {os.getpid()}
    elsewhere = pa.Table.from_batches(workers.carry(stamp, batches_of(3, 4, 5), heavy, "heavy"))
    assert elsewhere.column("id").to_pylist() == list(range(12)), "in the same order"
    (process,) = set(elsewhere.column("process").to_pylist())
    assert process != os.getpid()
    again = pa.Table.from_batches(workers.carry(stamp, batches_of(1), heavy, "again"))
    assert set(again.column("process").to_pylist()) == {process}, "a process is used again"


def test_batches_larger_than_a_pipe_and_no_batches_come_back_whole(workers: Workers) -> None:
    size = LIGHT_BYTES // 8
    whole = pa.Table.from_batches(workers.carry(stamp, batches_of(size, size, size), None, "large"))
    assert whole.column("id").to_pylist() == list(range(3 * size))
    assert list(workers.carry(nothing, batches_of(1, 2), heavy, "none")) == []
    assert list(workers.carry(stamp, batches_of(), heavy, "empty")) == []


def test_an_error_in_a_process_names_its_row_and_the_next_work_goes_on(workers: Workers) -> None:
    rows = [pa.RecordBatch.from_pydict({"doc_id": list(range(at, at + 100))}) for at in range(0, 1000, 100)]
    kernel = Named(fail_at, parse_schema("doc_id bigint").json())
    with pytest.raises(KernelError, match=r"^doc_id 777: ValueError: cannot be read$"):
        list(workers.carry(kernel, iter(rows), heavy, "fails"))
    assert sum(batch.num_rows for batch in workers.carry(stamp, batches_of(5), heavy, "after")) == 5


def test_a_process_that_is_killed_is_told_as_such(workers: Workers) -> None:
    with pytest.raises(EngineError, match="out of memory"):
        list(workers.carry(die, batches_of(5, 5), heavy, "dies"))
    assert sum(batch.num_rows for batch in workers.carry(stamp, batches_of(5), heavy, "after")) == 5


def test_as_many_parts_of_a_pass_as_there_are_cores_go_through_at_a_time(workers: Workers) -> None:
    inside: list[int] = [0, 0]
    lock = threading.Lock()

    def slow(batches: Iterable[Any]) -> Iterator[Any]:
        with lock:
            inside[0] += 1
            inside[1] = max(inside)
        time.sleep(0.02)
        yield from batches
        with lock:
            inside[0] -= 1

    threads = [threading.Thread(target=lambda: list(workers.carry(slow, batches_of(1), None, "pass"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert inside == [0, 2]


@pytest.mark.engine("embedded")
@pytest.mark.timeout(120)
def test_many_parts_of_passes_that_feed_each_other_come_to_an_end(spark: SparkSession) -> None:
    """Rows dealt out in turn to more parts than there are cores; then a pass over what a pass makes, before and after a shuffle."""
    small = spark.createDataFrame([(n,) for n in range(20_000)], "id bigint").repartition(32)
    first = map_batches(small, stamp, SCHEMA, heavy)
    assert first.count() == 20_000
    wide = spark.range(300_000).select("id", F.repeat(F.lit("x"), 100).alias("text")).repartition(16, "id")
    once = map_batches(wide, lambda batches: batches, parse_schema("id bigint, text string"))
    twice = map_batches(once, lambda batches: batches, parse_schema("id bigint, text string"))
    shuffled = map_batches(twice.repartition(8, "id"), stamp, SCHEMA)
    assert shuffled.agg(F.count("id"), F.sum("id")).collect() == [(300_000, 300_000 * 299_999 // 2)]
