"""A shard is a file of its own, whatever batches its rows come in, and has its name only when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore

from resonance.core import objects, places
from resonance.core.places import LocalFiles, open_place
from resonance.train.export import count_rows
from resonance.train.shard_writer import ShardWriter
from resonance.train.shards import read_shards


def batch(shards: list[int], places: list[int]) -> pa.RecordBatch:
    return pa.record_batch({"shard": pa.array(shards, pa.int32()), "place": places, "nth": [0] * len(places)})


BATCHES = [batch([2, 2], [20, 21]), batch([], []), batch([2, 4, 4], [22, 40, 41]), batch([4], [42]), batch([1, 3], [10, 30])]


def test_batches_become_files(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    found = [row for told in ShardWriter(str(folder), ("place",))(iter(BATCHES)) for row in told.to_pylist()]
    assert found == [{"shard": shard, "rows": rows} for shard, rows in ((2, 3), (4, 3), (1, 1), (3, 1))]
    held = {path.name: pq.read_table(path).to_pydict() for path in folder.iterdir()}
    assert held == {
        "shard-00001.parquet": {"place": [10]},
        "shard-00002.parquet": {"place": [20, 21, 22]},
        "shard-00003.parquet": {"place": [30]},
        "shard-00004.parquet": {"place": [40, 41, 42]},
    }
    assert count_rows(LocalFiles(folder), "") == 8


def test_nothing_writes_nothing(tmp_path: Path) -> None:
    assert list(ShardWriter(str(tmp_path), ("place",))(iter([]))) == []
    assert list(tmp_path.iterdir()) == []


def test_a_shard_that_breaks_off_leaves_no_file_and_the_next_try_replaces_what_is_there(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from BATCHES[:3]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(ShardWriter(str(tmp_path), ("place",))(broken()))
    assert [path.name for path in tmp_path.iterdir()] == ["shard-00002.parquet"]
    list(ShardWriter(str(tmp_path), ("place",))(iter(BATCHES)))
    assert count_rows(LocalFiles(tmp_path), "") == 8


def test_shards_in_a_bucket_are_those_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, place = MemoryStore(), "s3://texts/shards/run/train"
    for module in (objects, places):
        monkeypatch.setattr(module, "open_store", lambda bucket: held)

    def broken() -> Iterator[pa.RecordBatch]:
        yield from BATCHES[:3]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(ShardWriter(place, ("place",))(broken()))
    there, here = open_place(place), open_place(str(tmp_path))
    assert there.find("", "") == ["shard-00002.parquet"]
    told = [list(ShardWriter(where, ("place",))(iter(BATCHES))) for where in (place, str(tmp_path))]
    assert told[0] == told[1]
    assert there.find("", "") == here.find("", "")
    assert [batch.to_pydict() for batch in read_shards(place, ["place"])] == [
        batch.to_pydict() for batch in read_shards(str(tmp_path), ["place"])
    ]


def test_a_shard_is_written_as_it_comes(tmp_path: Path) -> None:
    """No more than one batch is waited for: a shard need not fit into memory."""
    seen: list[int] = []

    def watched() -> Iterator[pa.RecordBatch]:
        for place in range(50):
            partial = list(tmp_path.glob(".shard-*"))
            seen.append(partial[0].stat().st_size if partial else 0)
            yield batch([1] * 10_000, [place * 10_000 + n for n in range(10_000)])

    list(ShardWriter(str(tmp_path), ("place",))(watched()))
    assert seen[-1] > seen[10] > 0
    assert count_rows(LocalFiles(tmp_path), "") == 500_000
