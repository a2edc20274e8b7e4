"""Inputs in buckets lead to the files that folders of this machine would lead to, by the same names."""

from __future__ import annotations

from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from resonance.core import objects
from resonance.core.buckets import list_log, reads_below
from resonance.core.errors import InputError
from resonance.core.objects import Address
from resonance.core.sources import are_tables, find_files, find_states, reads_from

NAMES = ("a.jsonl", "web/b.json.gz", "web/deep/c.PARQUET", "d.md", "e.jsonl.zst", "f.bin", ".hidden.jsonl", "_SUCCESS", "_x/g.md")


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, str]:
    """The address of a folder, and a folder of this machine that holds the same."""
    store = MemoryStore()
    monkeypatch.setattr(objects, "open_store", lambda bucket: store)
    for name in NAMES:
        obstore.put(store, f"data/{name}", b"x")
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    obstore.put(store, "data/web/deep", b"")
    for name in ("data2/h.jsonl", "table/part.parquet", "table/_delta_log/0.json"):
        obstore.put(store, name, b"{}")
    return "s3://texts/data", str(tmp_path / "data")


@pytest.mark.parametrize(
    "below", ["", "/", "/web", "/a.jsonl", "/*.jsonl", "/**/*.gz", "/w*", "/**", "/*/*", "/web/*/c.*", "/[ad].*"]
)
def test_names_and_formats_are_those_of_a_folder(places: tuple[str, str], below: str) -> None:
    bucket, folder = (
        sorted((f.name, f.format, f.codec, f.size, f.shown.removeprefix(place)) for f in find_files([place + below]))
        for place in places
    )
    assert bucket == folder != []


def test_each_address_is_shown_as_it_was_given_and_read_once(places: tuple[str, str]) -> None:
    (file,) = find_files(["s3a://texts/data/a.jsonl"])
    assert (file.shown, file.path) == ("s3a://texts/data/a.jsonl", "s3://texts/data/a.jsonl")
    found = find_files(["s3://texts/data/web", "s3a://texts/data", places[1] + "/d.md"][:2])
    assert len(found) == len({file.path for file in found}) == 6


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (["s3://texts/nowhere"], "does not exist, or holds no files"),
        (["s3://texts/data/*.nothing"], "does not exist, or holds no files"),
        (["s3://texts/data/f.bin"], "no known extension; known are .jsonl"),
        (["s3://texts"], "s3://texts/table is a Delta table"),
        (["s3://texts/t*"], "s3://texts/table is a Delta table"),
        (["s3://texts/data/web", "s3://texts/data/web/b.json.gz", "{0}/web"], "would share ids"),
        (["s3://texts/table", "s3://texts/data"], "cannot be read together"),
        (["ftp://texts/data"], "mount it as a folder"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(places: tuple[str, str], inputs: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        find_states([given.format(places[1]) for given in inputs])
    assert "\n" not in str(caught.value)


def test_a_change_is_seen_without_reading(places: tuple[str, str]) -> None:
    before = find_states([places[0]])
    assert len(before) == 6
    assert find_states([places[0]]) == before
    obstore.put(objects.open_store("texts"), "data/d.md", b"y")
    assert len(set(find_states([places[0]])) ^ set(before)) == 2


def test_a_table_is_told_by_its_log(places: tuple[str, str]) -> None:
    assert list_log("s3://texts/table/") == [("0.json", 2)]
    assert are_tables(["s3://texts/table"])
    assert not are_tables([places[0]])
    assert find_states(["s3://texts/table"]) == ["s3://texts/table 0.json 2"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("s3://texts", True),
        ("s3://texts/out", True),
        ("s3://texts/out/a", True),
        ("s3://texts/out/a/b.jsonl", True),
        ("s3://texts/out/*", True),
        ("s3://texts/out/*.jsonl", False),
        ("s3://texts/**/*.jsonl", True),
        ("s3://texts/out/a/*.parquet", True),
        ("s3://texts/other", False),
        ("s3://texts/ou", False),
        ("s3://elsewhere/out", False),
    ],
)
def test_what_an_input_would_read_is_no_place_for_an_export(given: str, read: bool) -> None:
    assert reads_below(given, Address("texts", "out/a"), "part-00000.jsonl") is read


def test_a_folder_of_this_machine_lies_in_no_bucket(tmp_path: Path) -> None:
    assert reads_from(["s3://texts/data"], tmp_path, "part-00000.jsonl") is None
