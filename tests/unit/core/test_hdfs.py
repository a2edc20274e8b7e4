"""Files of HDFS are found by addresses as objects are. `tests/integration/test_hdfs.py` asks a real cluster."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from resonance.core import hdfs
from resonance.core.errors import ConfigError, InputError, StorageError
from resonance.core.objects import Address, Found, find_object, is_address, is_elsewhere, list_objects, open_bytes, parse_address
from resonance.core.places import HdfsFiles, open_named


class Cluster:
    """As much of a client as is asked for; folders are those of its files."""

    def __init__(self, *paths: str) -> None:
        self.paths = paths

    def get_file_info(self, path: str) -> Any:
        if path in self.paths:
            return SimpleNamespace(path=path, isdir=False, length=len(path), modification_time=5)
        if any(held.startswith(f"{path}/") for held in self.paths):
            return SimpleNamespace(path=path, isdir=True, length=0, modification_time=5)
        raise FileNotFoundError(path)

    def list_status(self, path: str, recursive: bool) -> list[Any]:
        about = self.get_file_info(path)
        below = [self.get_file_info(held) for held in self.paths if held.startswith(f"{path}/")]
        return [SimpleNamespace(path=f"{path}/folder", isdir=True), *below] if about.isdir else [about]

    def read(self, path: str) -> Any:
        if path == "/refused":  # as it is told, with its escapes
            raise RuntimeError(r'RPCError("org.apache.Exception", "Permission denied: inode=\"/\"\n\tat a.long.trace")')
        self.get_file_info(path)
        return Held(path.encode())

    def delete(self, path: str, recursive: bool) -> None:
        """Remove a file, or a folder that is empty."""
        assert not recursive
        if any(held.startswith(f"{path}/") for held in self.paths):
            raise RuntimeError(rf'RPCError("org.apache.Exception", "{path} is non empty\n\tat a.long.trace")')
        self.paths = tuple(held for held in self.paths if held != path)


class Held(bytes):
    """An open file."""

    def read_range(self, start: int, many: int) -> bytes:
        return self[start : start + many]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    kept = [f"/kept/run/{step}/state.json" for step in ("2", "1", ".3")]
    held = Cluster("/in/b.md", "/in/a.jsonl", *kept, "/refused")
    monkeypatch.setattr(hdfs, "open_cluster", lambda node: held)
    return held


@pytest.mark.parametrize("given", ["hdfs://node:8020/a/b", "hdfs://node:8020//a/b/"])
def test_an_address_has_a_name_node_and_a_path(given: str) -> None:
    assert parse_address(given) == Address("node:8020", "a/b", "hdfs")
    assert str(parse_address(given)) == "hdfs://node:8020/a/b"
    assert is_elsewhere(given)
    assert not is_address(given), "it names no bucket"
    with pytest.raises(InputError, match="names no name node; write hdfs://node:port/folder"):
        parse_address("hdfs:///a/b")


def test_files_are_found_in_order_and_folders_are_none(cluster: Cluster) -> None:
    place = parse_address("hdfs://node/in")
    assert list(list_objects(place)) == [Found("in/a.jsonl", 11, 5_000_000, "5"), Found("in/b.md", 8, 5_000_000, "5")]
    assert list(list_objects(place._replace(key="in/b.md"))) == [], "it is a file"
    assert list(list_objects(place._replace(key="none"))) == []
    assert find_object(place._replace(key="in/b.md")) == Found("in/b.md", 8, 5_000_000, "5")
    assert find_object(place) is find_object(place._replace(key="none")) is None


def test_a_file_is_read_in_ranges(cluster: Cluster) -> None:
    with open_bytes("hdfs://node/in/a.jsonl") as file:
        assert file.read(4) == b"/in/"
        assert file.seek(-5, 2) == 6
        assert file.read() == b"jsonl"
    with pytest.raises(FileNotFoundError, match="gone from HDFS"):
        open_bytes("hdfs://node/none")
    with pytest.raises(StorageError, match='^hdfs://node/refused cannot be read: Permission denied: inode="/"$'):
        open_bytes("hdfs://node/refused")


def test_drafts_are_no_checkpoints(cluster: Cluster, tmp_path: Any) -> None:
    files = open_named("checkpoints", "hdfs://node/kept/", tmp_path)
    assert isinstance(files, HdfsFiles)
    assert files.find("run", "/state.json") == ["run/1/state.json", "run/2/state.json"]
    assert files.locate("run/1") == "hdfs://node/kept/run/1"


def test_a_folder_is_removed_where_it_holds_drafts_alone(cluster: Cluster) -> None:
    for kept in (("/t/x/folder/.1.tmp", "/t/x/folder/1.json"), ("/t/x/folder/.1.tmp", "/t/x/part")):
        cluster.paths = kept
        hdfs.remove_hollow("node", "t/x")
        assert cluster.paths == kept
    cluster.paths = ("/t/x/folder/.1.tmp", "/t/x/.2", "/t/y")
    hdfs.remove_hollow("node", "t/x")
    assert cluster.paths == ("/t/y",)


def test_what_comes_while_a_folder_is_removed_stays(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.paths = ("/t/x/folder/.1.tmp",)
    usual = Cluster.delete

    def delete(self: Cluster, path: str, recursive: bool) -> None:
        usual(self, path, recursive)
        self.paths = ("/t/x/folder/0.json",)

    monkeypatch.setattr(Cluster, "delete", delete)
    with pytest.raises(StorageError, match=r"^hdfs://node/t/x cannot be written: /t/x/folder is non empty$"):
        hdfs.remove_hollow("node", "t/x")
    assert cluster.paths == ("/t/x/folder/0.json",)


def test_without_its_package_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hdfs_native", None)
    with pytest.raises(ConfigError, match="pip install hdfs-native"):
        hdfs.open_cluster("nowhere")
