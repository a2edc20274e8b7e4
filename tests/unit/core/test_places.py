"""A folder and a bucket are one seam: files are found, made once, and read in ranges alike."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore

from resonance.core.errors import InputError
from resonance.core.objects import ObjectReader
from resonance.core.places import LocalFiles, ObjectFiles, open_named, open_tables
from resonance.core.storage import TableFiles


def open_memory(address: str) -> ObjectFiles:
    """Files of an address whose objects lie in memory."""
    files = ObjectFiles(address)
    files._store = MemoryStore()
    return files


@pytest.fixture(params=["folder", "bucket", "whole bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> TableFiles:
    addresses = {"bucket": "s3://texts/a/b/", "whole bucket": "s3a://texts"}
    return LocalFiles(tmp_path) if request.param == "folder" else open_memory(addresses[request.param])


def test_a_file_is_made_once_and_found(files: TableFiles) -> None:
    assert files.find("t/_delta_log", ".json") == []
    assert not files.holds("t/_delta_log", ".json")
    assert files.create("t/_delta_log/1.json", "one\n")
    assert files.holds("t/_delta_log", ".json")
    assert not files.holds("t", ".json"), "it lies further below"
    assert not files.holds("t/_delta_log", ".parquet")
    assert not files.create("t/_delta_log/1.json", "other\n")
    assert files.create("t/_delta_log/0.json", "数\n")
    assert files.create("t2/_delta_log/0.json", "")
    assert files.find("t/_delta_log", ".json") == ["t/_delta_log/0.json", "t/_delta_log/1.json"]
    assert files.find("t", ".parquet") == []
    assert [files.read(path) for path in files.find("t", "")] == ["数\n", "one\n"]
    assert files.look("t/_delta_log/0.json").size == 4
    assert files.look("t/_delta_log/0.json").modified > 1_700_000_000_000


def test_missing_files_are_counted_and_removed_ones_are_gone(files: TableFiles) -> None:
    for name in ("t/data-a/x.parquet", "t/data-a/y.parquet", "t/data-ab/x.parquet", "t/z.parquet"):
        files.create(name, "rows")
    assert files.count_missing("t", ["data-a/x.parquet", "data-a/z.parquet", "z.parquet", "w.parquet"]) == 2
    assert files.count_missing("t", []) == 0
    files.remove(["t/data-a", "t/z.parquet", "t/none", "t/none.parquet"])
    assert files.find("t", "") == ["t/data-ab/x.parquet"], "a folder whose name only begins so stays"
    files.restrict("t")


def test_a_folder_is_published_whole_and_once(files: TableFiles, tmp_path: Path) -> None:
    def publish(text: str) -> Path:
        source = tmp_path / f"made-{text}"
        source.mkdir()
        for name in ("a.json", "model", "z.bin"):
            (source / name).write_text(text)
        files.publish(source, "run/0001", "a.json")
        return source

    place = "run/0001"
    files.put(f"{place}/model", b"what a publication that broke off left")
    assert publish("first").name == "made-first"
    assert files.find("run", "/a.json") == [f"{place}/a.json"]
    assert [files.read(path) for path in files.find(place, "")] == ["first"] * 3
    publish("second")
    assert [files.read(path) for path in files.find(place, "")] == ["first"] * 3, "it is there already"
    files.remove([f"{place}/a.json"])
    publish("third")
    assert [files.read(path) for path in files.find(place, "")] == ["third"] * 3, "without its last file it was none"


def test_a_file_is_put_whole_in_place_of_another(files: TableFiles) -> None:
    with pytest.raises(FileNotFoundError):
        files.read("run/pace.json")
    files.put("run/pace.json", b"first")
    with files.draft() as draft:
        (draft / ".half").write_text("second")
        assert [files.read(path) for path in files.find("run", "")] == ["first"]
        files.put("run/pace.json", draft / ".half")
    assert [files.read(path) for path in files.find("run", "")] == ["second"]


def test_the_last_object_is_put_when_all_others_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.json", "b", "c"):
        (tmp_path / name).write_text(name)
    files, seen, usual = open_memory("s3://texts/kept"), [], obstore.put
    monkeypatch.setattr(obstore, "put", lambda store, key, *given: (seen.append(key), usual(store, key, *given)))
    files.publish(tmp_path, "run", "a.json")
    assert seen == ["kept/run/b", "kept/run/c", "kept/run/a.json"]


def test_files_are_located_by_the_name_that_was_given(tmp_path: Path) -> None:
    assert LocalFiles(tmp_path / "odd [name]").locate("run/1") == str(tmp_path / "odd [name]" / "run" / "1")
    assert open_memory("s3a://texts/kept").locate("run/1") == "s3://texts/kept/run/1"


def test_an_object_is_read_as_a_file_is(tmp_path: Path) -> None:
    held, store = bytes(range(256)) * 4, MemoryStore()
    obstore.put(store, "o", held)
    reader, oracle = ObjectReader(store, "o", len(held)), io.BytesIO(held)
    steps: list[tuple[str, tuple[int, ...]]] = [
        ("read", (5,)),
        ("seek", (-10, 2)),
        ("read", (100,)),
        ("read", (1,)),
        ("seek", (3,)),
    ]
    steps += [("seek", (4, 1)), ("tell", ()), ("read", (0,)), ("seek", (5000,)), ("read", (3,)), ("seek", (0,)), ("read", ())]
    for name, given in steps:
        assert getattr(reader, name)(*given) == getattr(oracle, name)(*given), (name, given)
    rows = pa.table({"n": list(range(1000)), "text": ["数据"] * 1000})
    pq.write_table(rows, tmp_path / "rows.parquet")
    files: Any = open_memory("s3://texts")
    obstore.put(files._store, "t/rows.parquet", (tmp_path / "rows.parquet").read_bytes())
    assert pq.ParquetFile(files.open("t/rows.parquet")).read() == rows
    assert pq.read_metadata(files.open("t/rows.parquet")).num_rows == 1000


def test_addresses_are_named_as_engines_read_them_and_others_are_refused(tmp_path: Path) -> None:
    assert open_tables("s3a://texts/a/b/", tmp_path).name("t/x") == "s3://texts/a/b/t/x"
    assert open_tables("s3://texts", tmp_path).name("t") == "s3://texts/t"
    assert open_tables("", tmp_path).name("t") == str(tmp_path / "t")
    for address in ("ftp://texts/a", "s3://", "s3://texts/a b", "s3://texts/a*", "texts/a", "s3://key:secret@texts/a"):
        with pytest.raises(InputError, match="is no address such as s3://bucket/folder"):
            open_tables(address, tmp_path)
    with pytest.raises(InputError, match="^checkpoints: ftp://a/b is no address such as s3://bucket/folder"):
        open_named("checkpoints", "ftp://a/b", tmp_path)
