"""Every reader gives the same rows of an object as of a file, whole, in ranges and broken; storage that fails ends the job."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from obstore.exceptions import GenericError
from obstore.store import MemoryStore
from tests.integration.test_formats import CHINESE, FILES

from resonance.core import objects
from resonance.core.errors import StorageError
from resonance.core.settings import IngestSettings
from resonance.core.sources import File, find_files
from resonance.curate.sources.changes import hash_inputs
from resonance.curate.sources.read import READERS, Read, plan_units
from resonance.curate.sources.row import Fields, Row

LINES = "".join(json.dumps({"id": str(n), "text": f"{CHINESE} {n}"}, ensure_ascii=False) + "\n" for n in range(400)).encode()
LONG = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters.from_level(3, window_log=28))
MORE = {
    "lines.jsonl": LINES,
    "lines.ndjson.gz": gzip.compress(LINES),
    "lines.jsonl.zst": zstandard.compress(LINES),
    "long.jsonl.zst": LONG.compress(LINES),
    "cut.jsonl.gz": gzip.compress(LINES)[:-9],
    "broken.parquet": b"PAR1 and nothing more",
    "empty.txt": b"",
    "t.tsv": "text\tkind\nwords\ttsv\n".encode("utf-16"),
}
FIELDS = Fields.of(IngestSettings(inputs=("x",)))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    held = MemoryStore()
    monkeypatch.setattr(objects, "open_store", lambda bucket: held)
    return held


@pytest.fixture
def places(store: MemoryStore, tmp_path: Path) -> tuple[str, str]:
    """The address of a folder, and a folder of this machine that holds the same."""
    rows = pa.table({"id": [str(n) for n in range(600)], "text": [f"{CHINESE} {n}" for n in range(600)]})
    pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=100)
    for name, data in {**FILES, **MORE}.items():
        (tmp_path / name.replace("\n", " ")).write_bytes(data)
    for path in tmp_path.iterdir():
        obstore.put(store, f"in/{path.name}", path)
    return "s3://texts/in", str(tmp_path)


def rows_of(file: File, split_bytes: int) -> list[Row]:
    before, rows = 0, []
    for unit in plan_units(file, split_bytes):
        count = READERS[unit.format].count_lines if unit.format else None
        rows += list(Read(FIELDS).rows(unit._replace(before=before)))
        before += count(unit) if count and not unit.codec else 0
    return [row._replace(path="") for row in rows]


@pytest.mark.parametrize("split_bytes", [64 << 20, 7_000])
def test_rows_are_those_of_a_folder(places: tuple[str, str], split_bytes: int) -> None:
    bucket, folder = ({file.name: rows_of(file, split_bytes) for file in find_files([place])} for place in places)
    assert bucket.keys() == folder.keys()
    for name, rows in folder.items():
        assert bucket[name] == rows != [], name
    assert len(folder["lines.jsonl"]) == 400
    assert len(folder["rows.parquet"]) == 600


def test_hashes_are_those_of_the_bytes(places: tuple[str, str], spark: Any) -> None:
    bucket, folder = (hash_inputs(spark, find_files([place])) for place in places)
    assert sorted(map(str, bucket.values())) == sorted(map(str, folder.values()))
    assert None not in bucket.values()


@pytest.mark.parametrize(
    "name", ["lines.jsonl", "lines.ndjson.gz", "rows.parquet", "d.pdf", "e.docx", "f.warc.gz", "a.html", "i.csv"]
)
def test_an_object_that_is_gone_is_quarantined_and_storage_that_fails_is_not(
    store: MemoryStore, places: tuple[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = find_files([f"{places[0]}/{name}"])

    def fail(*_: Any, **__: Any) -> None:
        raise GenericError("no answer in 60 seconds")

    with monkeypatch.context() as patched:
        patched.setattr(obstore, "get", fail)
        with pytest.raises(StorageError, match="no answer in 60 seconds"):
            rows_of(file, 64 << 20)
    obstore.delete(store, f"in/{name}")
    (row,) = rows_of(file, 64 << 20)
    assert (row.rule, row.detail) == ("broken_file", "it is gone from the bucket since it was listed")
