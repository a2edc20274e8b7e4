"""A shard is a file of its own, whatever batches its rows come in, and has its name only when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonance.train.shard_writer import ShardWriter, count_rows, list_shards


def batch(shards: list[int], places: list[int]) -> pa.RecordBatch:
    return pa.record_batch({"shard": pa.array(shards, pa.int32()), "place": places, "nth": [0] * len(places)})


BATCHES = [batch([2, 2], [20, 21]), batch([], []), batch([2, 4, 4], [22, 40, 41]), batch([4], [42]), batch([1, 3], [10, 30])]


def test_batches_become_files(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    found = [row for told in ShardWriter(folder, ("place",))(iter(BATCHES)) for row in told.to_pylist()]
    assert found == [{"shard": shard, "rows": rows} for shard, rows in ((2, 3), (4, 3), (1, 1), (3, 1))]
    held = {path.name: pq.read_table(path).to_pydict() for path in list_shards(folder)}
    assert held == {
        "shard-00001.parquet": {"place": [10]},
        "shard-00002.parquet": {"place": [20, 21, 22]},
        "shard-00003.parquet": {"place": [30]},
        "shard-00004.parquet": {"place": [40, 41, 42]},
    }
    assert count_rows(folder) == 8


def test_nothing_writes_nothing(tmp_path: Path) -> None:
    assert list(ShardWriter(tmp_path, ("place",))(iter([]))) == []
    assert list(tmp_path.iterdir()) == []


def test_a_shard_that_breaks_off_leaves_no_file_and_the_next_try_replaces_what_is_there(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from BATCHES[:3]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(ShardWriter(tmp_path, ("place",))(broken()))
    assert [path.name for path in tmp_path.iterdir()] == ["shard-00002.parquet"]
    list(ShardWriter(tmp_path, ("place",))(iter(BATCHES)))
    assert count_rows(tmp_path) == 8


def test_a_shard_is_written_as_it_comes(tmp_path: Path) -> None:
    """No more than one batch is waited for: a shard need not fit into memory."""
    seen: list[int] = []

    def watched() -> Iterator[pa.RecordBatch]:
        for place in range(50):
            partial = list(tmp_path.glob(".shard-*"))
            seen.append(partial[0].stat().st_size if partial else 0)
            yield batch([1] * 10_000, [place * 10_000 + n for n in range(10_000)])

    list(ShardWriter(tmp_path, ("place",))(watched()))
    assert seen[-1] > seen[10] > 0
    assert count_rows(tmp_path) == 500_000
