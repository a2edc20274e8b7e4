"""Files of HDFS, by name node and path: listed, looked at, read in ranges, written and renamed. The only import of hdfs_native.

Name nodes and keys come from where Hadoop's own clients look for them: ``core-site.xml`` and ``hdfs-site.xml`` in HADOOP_CONF_DIR,
a ticket of Kerberos, HADOOP_USER_NAME. No Java is asked for.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from resonance.core.errors import ConfigError, StorageError
from resonance.core.ranges import RangeReader

SCHEME = "hdfs"
TRACE, NAMED = re.compile(r"\n|\\n"), 'Exception", "'
"""How errors of a name node are told."""
COPY_BYTES = 8 << 20
"""What is handed over at a time while a file is written."""


class Entry(NamedTuple):
    """A file: its path without the first ``/``, its bytes, and when it was written, in milliseconds of Unix time."""

    path: str
    size: int
    modified: int


@cache
def open_cluster(node: str) -> Any:
    """The client of a name node, or of a name service.

    Raises:
        ConfigError: hdfs-native is not installed.
    """
    try:
        from hdfs_native import Client
    except ImportError:
        raise ConfigError("hdfs:// needs hdfs-native: pip install hdfs-native") from None
    with telling(node):
        return Client(f"{SCHEME}://{node}")


def find_file(node: str, path: str) -> Entry | None:
    """The file of this path; None where there is none.

    Raises:
        StorageError: the cluster cannot be read.
    """
    cluster = open_cluster(node)
    try:
        with telling(f"{node}/{path}"):
            about = cluster.get_file_info(f"/{path}")
    except FileNotFoundError:
        return None
    return None if about.isdir else _describe(about)


def list_files(node: str, folder: str) -> list[Entry]:
    """The files below a folder, in the order of their paths; none where there is no such folder.

    Raises:
        StorageError: the cluster cannot be read.
    """
    cluster = open_cluster(node)
    try:
        with telling(f"{node}/{folder}"):
            found = [_describe(about) for about in cluster.list_status(f"/{folder}", recursive=True) if not about.isdir]
    except FileNotFoundError:
        return []
    return sorted(entry for entry in found if entry.path != folder)


def open_file(node: str, path: str) -> RangeReader:
    """A file that is read in ranges.

    Raises:
        OSError: it is not there.
        StorageError: the cluster cannot be read.
    """
    cluster, about = open_cluster(node), find_file(node, path)
    if about is None:
        raise FileNotFoundError("it is gone from HDFS since it was listed")
    with telling(f"{node}/{path}"):
        return HdfsReader(node, about, cluster.read(f"/{path}"))


def put_folder(node: str, source: Path, folder: str, draft: str) -> None:
    """Leave the files of a folder of this machine in ``folder``, all of them or none: they are written into ``draft`` first.

    Raises:
        StorageError: the cluster cannot be written.
    """
    for file in sorted(source.iterdir()):
        put_file(node, file, f"{draft}/{file.name}")
    remove_path(node, folder)  # what is left of an earlier one
    if not rename_path(node, draft, folder):
        raise StorageError(f"{SCHEME}://{node}/{folder} cannot be written: another process writes it too")


def list_names(node: str, folder: str) -> list[str]:
    """The names of files and folders that lie in a folder itself, in order; none where there is no such folder.

    Raises:
        StorageError: the cluster cannot be read.
    """
    try:
        with telling(f"{node}/{folder}"):
            return sorted(about.path.rpartition("/")[2] for about in open_cluster(node).list_status(f"/{folder}"))
    except FileNotFoundError:
        return []


def put_file(node: str, content: bytes | Path, path: str) -> None:
    """Write a file, in a folder that is made where it is not there.

    Raises:
        StorageError: the cluster cannot be written.
    """
    from hdfs_native import WriteOptions

    with telling(f"{node}/{path}", "written"):
        source = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
        with source, open_cluster(node).create(f"/{path}", WriteOptions(overwrite=True, create_parent=True)) as copy:
            shutil.copyfileobj(source, copy, COPY_BYTES)


def rename_path(node: str, path: str, place: str, *, over: bool = False) -> bool:
    """Give a file or a folder another name, which is done whole or not at all; whether it was there, and nothing in its place.

    With ``over`` a file takes the place of another one.

    Raises:
        StorageError: the cluster cannot be written.
    """
    cluster = open_cluster(node)
    with telling(f"{node}/{place}", "written"):
        cluster.mkdirs(f"/{place.rpartition('/')[0]}", create_parent=True)
        try:
            cluster.rename(f"/{path}", f"/{place}", over)
        except (FileExistsError, FileNotFoundError):
            return False
    return True


def remove_path(node: str, path: str) -> None:
    """Remove a file, or a folder with all that it holds; one that is not there is passed over.

    Raises:
        StorageError: the cluster cannot be written.
    """
    cluster = open_cluster(node)
    with telling(f"{node}/{path}", "written"):
        cluster.delete(f"/{path}", recursive=True)


def remove_hollow(node: str, folder: str) -> None:
    """Remove a folder that holds no file but drafts, whose names begin with a dot; any other is left as it is.

    Raises:
        StorageError: the cluster cannot be written, or another process writes into the folder.
    """
    cluster = open_cluster(node)
    with telling(f"{node}/{folder}", "written"):
        held = list(cluster.list_status(f"/{folder}", recursive=True))
        drafts, folders = ([about.path for about in held if about.isdir is kind] for kind in (False, True))
        if all(path.rpartition("/")[2].startswith(".") for path in drafts):
            for path in (*drafts, *sorted(folders, reverse=True), f"/{folder}"):
                cluster.delete(path, recursive=False)  # what came meanwhile keeps its folder


class HdfsReader(RangeReader):
    """A file of HDFS as it was when it was opened."""

    def __init__(self, node: str, about: Entry, held: Any) -> None:
        super().__init__(about.size)
        self._node, self._about, self._held = node, about, held

    def read_range(self, start: int, end: int) -> bytes:
        """The bytes from one place up to another."""
        try:
            with telling(f"{self._node}/{self._about.path}"):
                return bytes(self._held.read_range(start, end - start))
        except (StorageError, FileNotFoundError):
            if find_file(self._node, self._about.path) == self._about:
                raise
        raise OSError("it was replaced on HDFS while it was read")


@contextmanager
def telling(place: str, done: str = "read") -> Iterator[None]:
    """Have what the cluster refuses, or does not answer, be one sentence of ours.

    Raises:
        StorageError: it answered so, or not at all.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:  # of hdfs_native, which has no errors of its own
        raise StorageError(f"{SCHEME}://{place} cannot be {done}: {_first_words(error)}") from None


def _first_words(error: Exception) -> str:
    """What an error says first, without the name of an exception of Java before it and the trace behind it."""
    said = TRACE.split(str(error).strip())[0].rpartition(NAMED)[2]
    return said.replace('\\"', '"')[:200] or type(error).__name__


def _describe(about: Any) -> Entry:
    return Entry(about.path.lstrip("/"), about.length, about.modification_time)
