"""Every place goes to one rank and one batch, whatever the files and the number of ranks."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore

from resonance.core import objects, places
from resonance.core.errors import TrainError
from resonance.core.places import open_place
from resonance.train.shards import global_batches
from resonance.train.spec import Phase


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("files", [1, 3])
def test_ranks_deal_each_batch_among_them(texts, write_phase, size, files):
    phase = write_phase(texts[:47], files=files)
    told = [list(global_batches(phase, 0, 10, rank, size)) for rank in range(size)]
    assert {tuple(last for last, _ in batches) for batches in told} == {(10, 20, 30, 40, 47)}
    dealt = [[batch for _, batch in batches] for batches in told]
    for number in range(5):
        places = [document.place for batches in dealt for document in batches[number]]
        assert sorted(places) == list(range(number * 10, min(number * 10 + 10, 47)))
    assert {document.text for batches in dealt for batch in batches for document in batch} == set(texts[:47])


def test_a_rank_without_documents_still_sees_every_batch(texts, write_phase):
    phase = write_phase(texts[:3])
    assert [len(batch) for _, batch in global_batches(phase, 0, 2, 2, 3)] == [0, 1]
    assert [len(batch) for _, batch in global_batches(write_phase(texts[:1]), 0, 2, 1, 2)] == [0]


def test_reading_goes_on_from_a_place(texts, write_phase):
    phase = write_phase(texts[:25], files=2)
    whole = list(global_batches(phase, 0, 10, 0, 2))
    assert list(global_batches(phase, 10, 10, 0, 2)) == whole[1:]
    assert list(global_batches(phase, 25, 10, 0, 2)) == []


def test_shards_of_a_bucket_are_read_in_ranges_and_from_a_place_on(texts, write_phase, monkeypatch):
    phase, held, asked = write_phase(texts[:40], files=4), MemoryStore(), []
    for module in (objects, places):
        monkeypatch.setattr(module, "open_store", lambda bucket: held)
    there = phase.model_copy(update={"shards": "s3://texts/shards/train"})
    for file in Path(phase.shards).iterdir():
        open_place(there.shards).put(file.name, file)
    usual = objects.ObjectReader.read_range

    def read_range(reader, start, end):
        asked.append(reader._key)
        return usual(reader, start, end)

    monkeypatch.setattr(objects.ObjectReader, "read_range", read_range)
    for first in (0, 20):
        asked.clear()
        assert list(global_batches(there, first, 10, 0, 1)) == list(global_batches(phase, first, 10, 0, 1))
        rows = [path for path in set(asked) if asked.count(path) > 1]
        assert len(rows) == (40 - first) // 10, "of shards before the place only what they hold is looked at"


@pytest.mark.parametrize("steps", [1, 4, 7, 47])
def test_a_phase_of_so_many_steps_spreads_its_documents_over_them(texts, write_phase, steps):
    phase = write_phase(texts[:47], files=2).model_copy(update={"steps": steps})
    whole = list(global_batches(phase, 0, 10, 0, 1))
    assert len(whole) == steps
    assert [document.place for _, batch in whole for document in batch] == list(range(47))
    assert {len(batch) for _, batch in whole} <= {47 // steps, -(-47 // steps)}
    for number, (last, _) in enumerate(whole):
        assert list(global_batches(phase, last, 10, 0, 1)) == whole[number + 1 :]


@pytest.mark.parametrize("size", [1, 2])
def test_gaps_leave_no_batch_short(texts, write_phase, size):
    phase = write_phase(texts[:20])
    table = pq.read_table(phase.shards)
    pq.write_table(table.take([0, 3, 4, 11, 19]), f"{phase.shards}/part-000.parquet")
    told = [list(global_batches(phase, 0, 2, rank, size)) for rank in range(size)]
    assert {tuple(last for last, _ in batches) for batches in told} == {(4, 12, 20)}
    for number, wanted in enumerate([[0, 3], [4, 11], [19]]):
        assert sorted(d.place for batches in told for d in batches[number][1]) == wanted
    assert list(global_batches(phase, 4, 2, 0, size)) == told[0][1:]


def test_unsorted_shards_are_refused(texts, write_phase, tmp_path):
    phase = write_phase(texts[:4])
    table = pq.read_table(phase.shards)
    (tmp_path / "unsorted").mkdir()
    pq.write_table(pa.concat_tables([table.slice(2), table.slice(0, 2)]), tmp_path / "unsorted" / "part-000.parquet")
    with pytest.raises(TrainError, match="not sorted by place"):
        list(global_batches(Phase(name="train", shards=str(tmp_path / "unsorted"), places=4), 0, 10, 0, 1))
