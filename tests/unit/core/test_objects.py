"""Objects are found, read in ranges of one version, and put where nobody else did meanwhile; what fails is one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import obstore
import pytest
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import MemoryStore

from resonance.core import objects
from resonance.core.errors import InputError, StorageError
from resonance.core.files import hash_file
from resonance.core.objects import (
    Address,
    copy_object,
    find_object,
    is_address,
    list_objects,
    open_bytes,
    open_object,
    parse_address,
    put_object,
    put_on_disk,
    remove_objects,
)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """What every bucket of this test is."""
    held = MemoryStore()
    monkeypatch.setattr(objects, "open_store", lambda bucket: held)
    return held


def place(key: str) -> Address:
    return Address("texts", key)


@pytest.mark.parametrize("given", ["s3://texts/a/b", "s3a://texts/a/b/", "s3://texts//a/b"])
def test_an_address_has_a_bucket_and_a_key(given: str) -> None:
    assert is_address(given)
    assert parse_address(given) == place("a/b")
    assert str(parse_address(given)) == "s3://texts/a/b"
    assert str(parse_address("s3://texts")) == "s3://texts"
    assert not is_address("/texts/s3")
    with pytest.raises(InputError, match="names no bucket"):
        parse_address("s3:///a")


def test_an_object_that_is_replaced_within_a_second_has_another_time(store: MemoryStore) -> None:
    obstore.put(store, "in/a", b"one")
    obstore.put(store, "in2/b", b"other")
    (before,) = list_objects(place("in"))
    assert before == find_object(place("in/a"))
    assert (before.key, before.size) == ("in/a", 3)
    obstore.put(store, "in/a", b"two")
    after = find_object(place("in/a"))
    assert after is not None
    assert after.modified != before.modified
    assert abs(after.modified - before.modified) < 2_000_000_000
    assert find_object(place("in/c")) is find_object(place("")) is None


def test_what_is_read_is_of_one_version(store: MemoryStore) -> None:
    obstore.put(store, "in/a", bytes(range(200)))
    with open_bytes("s3://texts/in/a", ahead=50) as file:
        assert file.read(20) == bytes(range(20))
        obstore.put(store, "in/a", bytes(200))
        assert file.read(30) == bytes(range(20, 50))
        with pytest.raises(OSError, match="was replaced in the bucket while"):
            file.read(1)
    reader = open_object("s3://texts/in/a")
    obstore.delete(store, "in/a")
    with pytest.raises(OSError, match="is gone from the bucket"):
        reader.read(1)
    with pytest.raises(OSError, match="is gone from the bucket"):
        open_bytes("s3://texts/in/a")
    assert hash_file("s3://texts/in/a") is None


def test_a_library_that_reads_paths_alone_gets_a_copy(store: MemoryStore, tmp_path: Path) -> None:
    obstore.put(store, "in/a.pdf", b"%PDF")
    with put_on_disk("s3://texts/in/a.pdf") as path:
        assert Path(path).read_bytes() == b"%PDF"
    assert not Path(path).exists()
    (tmp_path / "a").write_bytes(b"x")
    with put_on_disk(str(tmp_path / "a")) as path:
        assert path == str(tmp_path / "a")


def test_an_object_takes_the_place_of_the_version_that_is_named(store: MemoryStore) -> None:
    first = put_object(place("m"), b"1", None)
    with pytest.raises(FileExistsError):
        put_object(place("m"), b"2", None)
    second = put_object(place("m"), b"2", first)
    with pytest.raises(FileExistsError):
        put_object(place("m"), b"3", first)
    put_object(place("m"), b"4")
    with pytest.raises(FileExistsError):
        put_object(place("m"), b"5", second)
    assert bytes(obstore.get(store, "m").bytes()) == b"4"


def test_copies_are_made_and_objects_removed(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    obstore.put(store, "a", b"held")
    copy_object(place("a"), "b")
    monkeypatch.setattr(objects, "COPY_BYTES", 3)
    copy_object(place("a"), "c")
    assert {bytes(obstore.get(store, key).bytes()) for key in ("a", "b", "c")} == {b"held"}
    remove_objects("texts", ["a", "b", "not-there"])
    assert [found.key for found in list_objects(place(""))] == ["c"]


def test_what_the_storage_refuses_is_one_sentence(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionDeniedError("Access Denied\nand much more")

    answer = GenericError("Error in 1.5ms - Server returned non-2xx status code: 403 Forbidden: <Code>AccessDenied</Code>")
    monkeypatch.setattr(obstore, "list", Mock(side_effect=answer))
    with pytest.raises(StorageError, match="s3://texts/in cannot be read: 403 Forbidden: the keys that"):
        list(list_objects(place("in"), "_delta_log"))
    for name in ("list", "head", "get", "put"):
        monkeypatch.setattr(obstore, name, refuse)
    for act in (lambda: list(list_objects(place("in"))), lambda: find_object(place("in")), lambda: open_bytes("s3://texts/in")):
        with pytest.raises(StorageError, match="s3://texts/in cannot be read: Access Denied$"):
            act()
    with pytest.raises(StorageError, match="s3://texts/in cannot be written: Access Denied$"):
        put_object(place("in"), b"")
