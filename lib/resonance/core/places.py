"""Files below a folder of this machine, or below an address of object storage or HDFS."""

from __future__ import annotations

import io
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from resonance.core import hdfs
from resonance.core.drafts import open_draft
from resonance.core.errors import InputError
from resonance.core.files import plain_path
from resonance.core.objects import ObjectReader, delete_keys, is_elsewhere, is_on_hdfs, open_store, parse_address, telling
from resonance.core.ranges import RangeReader
from resonance.core.storage import About, Files, TableFiles

OWNER_ONLY = 0o700
S3 = re.compile(r"s3a?://(?P<bucket>[a-z0-9][a-z0-9.-]+)(?:/(?P<path>[A-Za-z0-9_./-]*))?")
"""Addresses that are known: names in them are such as no engine takes for a pattern."""


class LocalFiles:
    """Files of this machine, below a folder of a name that engines read as it is (``plain_path``)."""

    def __init__(self, root: Path) -> None:
        self._given = root
        self.root = plain_path(root)

    def name(self, path: str) -> str:
        """The whole path."""
        return str(self.root / path)

    def locate(self, path: str) -> str:
        """The whole path below the folder that was named, without a link for engines."""
        return str(self._given / path)

    def find(self, folder: str, end: str) -> list[str]:
        """The files below a folder whose names end so, in order."""
        return sorted(path.relative_to(self.root).as_posix() for path in (self.root / folder).rglob(f"*{end}") if path.is_file())

    def holds(self, folder: str, end: str) -> bool:
        """Whether a file whose name ends so lies in a folder itself."""
        return any((self.root / folder).glob(f"*{end}"))

    def count_missing(self, folder: str, paths: Sequence[str]) -> int:
        """How many of these files of a folder are not there."""
        return sum(not (self.root / folder / path).exists() for path in paths)

    def look(self, path: str) -> About:
        """What is known of a file."""
        state = (self.root / path).stat()
        return About(state.st_size, int(state.st_mtime * 1000))

    def open(self, path: str) -> Path:
        """The whole path."""
        return self.root / path

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def create(self, path: str, text: str) -> bool:
        """Write a file whole, or not at all where it is there already: no reader sees half of it."""
        place, draft = self._begin(path)
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, place)  # fails where it is there
        except FileExistsError:
            return False
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return True

    def put(self, path: str, content: bytes | Path) -> None:
        """Write a file by a rename, in a folder that is made where it is not there."""
        place, draft = self._begin(path)
        if isinstance(content, Path):
            draft = content
        else:
            draft.write_bytes(content)
        draft.replace(place)

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """The folder itself: what is written there needs no copy."""
        self.root.mkdir(parents=True, exist_ok=True)
        yield self.root

    def publish(self, source: Path, folder: str, last: str) -> None:
        """Rename a folder, which is done whole or not at all; what a removal left of an earlier one makes room."""
        place = self.root / folder
        if not (place / last).exists():
            shutil.rmtree(place, ignore_errors=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            source.rename(place)

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files and folders."""
        for path in paths:
            place = self.root / path
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)

    def restrict(self, folder: str) -> None:
        """Let nobody but its owner look into a folder."""
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / folder).chmod(OWNER_ONLY)

    def _begin(self, path: str) -> tuple[Path, Path]:
        """Where a file lies, in a folder that is made, and where it is written before it has its name."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place, place.parent / f".{uuid.uuid4().hex}.tmp"


class ObjectFiles:
    """Objects of a bucket below a prefix. Keys come from where such programs look for them: variables of the environment, the role
    of a machine, or a web identity.

    Args:
        address: such as ``s3://bucket/prefix``.
        use: the setting that names it.

    Raises:
        InputError: it is no such address.
        ConfigError: obstore is not installed.
    """

    def __init__(self, address: str, use: str = "tables") -> None:
        found = S3.fullmatch(address.rstrip("/"))
        if found is None:
            known = "s3://bucket/folder or hdfs://node/folder"
            raise InputError(f"{use}: {address} is no address such as {known}, of plain letters, digits, and -_.")
        self._use = use
        self._prefix = found["path"] or ""
        self._url = "/".join(filter(None, (f"s3://{found['bucket']}", self._prefix)))
        self._store: Any = open_store(found["bucket"])

    def name(self, path: str) -> str:
        """The whole address."""
        return f"{self._url}/{path}"

    def locate(self, path: str) -> str:
        """The whole address."""
        return self.name(path)

    def find(self, folder: str, end: str) -> list[str]:
        """The objects below a folder whose names end so, in order."""
        return sorted(path for path in self._list(folder) if path.endswith(end))

    def holds(self, folder: str, end: str) -> bool:
        """Whether an object whose name ends so lies in a folder itself; a listing ends at the first page that has one."""
        start = len(f"{folder}/")
        return any(path.endswith(end) and "/" not in path[start:] for path in self._list(folder))

    def count_missing(self, folder: str, paths: Sequence[str]) -> int:
        """How many of these objects of a folder are not there; one request for a thousand of them."""
        return len({f"{folder}/{path}" for path in paths} - set(self._list(folder))) if paths else 0

    def look(self, path: str) -> About:
        """What is known of an object."""
        import obstore

        about = obstore.head(self._store, self._key(path))
        return About(about["size"], int(about["last_modified"].timestamp() * 1000))

    def open(self, path: str) -> ObjectReader:
        """An object that reads what it is asked for: of a Parquet file its footer, then single columns."""
        return ObjectReader(self._store, self._key(path), self.look(path).size)

    def read(self, path: str) -> str:
        """The text of an object."""
        import obstore

        with telling(self._place):
            return bytes(obstore.get(self._store, self._key(path)).bytes()).decode()

    def create(self, path: str, text: str) -> bool:
        """Put an object where there is none: the storage decides which of several writers is first."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            obstore.put(self._store, self._key(path), text.encode(), mode="create")
        except AlreadyExistsError:
            return False
        return True

    def put(self, path: str, content: bytes | Path) -> None:
        """Put an object."""
        import obstore

        with telling(self._place, "written"):
            obstore.put(self._store, self._key(path), content)

    def draft(self) -> AbstractContextManager[Path]:
        """A temporary folder."""
        return open_draft()

    def publish(self, source: Path, folder: str, last: str) -> None:
        """Put the files of a folder as objects, one after another, ``last`` when all others are there."""
        if not self.count_missing(folder, [last]):
            return
        for file in sorted(source.iterdir(), key=lambda file: (file.name == last, file.name)):
            self.put(f"{folder}/{file.name}", file)

    def remove(self, paths: Iterable[str]) -> None:
        """Remove objects, and folders with all objects below."""
        keys = [self._key(held) for path in paths for held in (*self._list(path), *([path] if "." in Path(path).name else []))]
        with telling(self._place, "written"):
            delete_keys(self._store, keys)

    def restrict(self, folder: str) -> None:
        """Do nothing: who may read objects, the bucket says."""

    @property
    def _place(self) -> str:
        return f"{self._use}: {self._url}"

    def _key(self, path: str) -> str:
        return "/".join(filter(None, (self._prefix, path)))

    def _list(self, folder: str) -> Iterator[str]:
        import obstore

        start = len(self._prefix) + 1 if self._prefix else 0
        with telling(self._place):
            for page in obstore.list(self._store, self._key(folder)):
                yield from (about["path"][start:] for about in page)


class HdfsFiles:
    """Folders of HDFS below an address; name node and keys come from where Hadoop's own clients look for them.

    Args:
        address: such as ``hdfs://node:8020/folder``.
    """

    def __init__(self, address: str) -> None:
        self._root = parse_address(address)
        hdfs.open_cluster(self._root.bucket)

    def name(self, path: str) -> str:
        """The whole address."""
        return str(self._root._replace(key=self._key(path)))

    def locate(self, path: str) -> str:
        """The whole address."""
        return self.name(path)

    def find(self, folder: str, end: str) -> list[str]:
        """The files below a folder whose names end so, in order; none of a draft."""
        found = (held.path[len(self._key("")) :] for held in hdfs.list_files(self._root.bucket, self._key(folder)))
        return [path for path in found if path.endswith(end) and "/." not in f"/{path}"]

    def look(self, path: str) -> About:
        """What is known of a file."""
        held = hdfs.find_file(self._root.bucket, self._key(path))
        if held is None:
            raise FileNotFoundError(self.name(path))
        return About(held.size, held.modified)

    def open(self, path: str) -> RangeReader:
        """A file that reads what it is asked for."""
        return hdfs.open_file(self._root.bucket, self._key(path))

    def read(self, path: str) -> str:
        """The text of a file."""
        with io.BufferedReader(self.open(path)) as file:
            return file.read().decode()

    def create(self, path: str, text: str) -> bool:
        """Write a file into a draft beside it, then rename that, unless it is there."""
        return self._write(path, text.encode())

    def put(self, path: str, content: bytes | Path) -> None:
        """Write a file into a draft beside it, then rename that, over one that is there."""
        self._write(path, content, over=True)

    def draft(self) -> AbstractContextManager[Path]:
        """A temporary folder."""
        return open_draft()

    def publish(self, source: Path, folder: str, last: str) -> None:
        """Write the files of a folder into a draft beside it, then rename that."""
        if not self.find(folder, f"/{last}"):
            above, _, name = folder.rpartition("/")
            hdfs.put_folder(self._root.bucket, source, self._key(folder), self._key(f"{above}/.{name}"))

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files and folders."""
        for path in paths:
            hdfs.remove_path(self._root.bucket, self._key(path))

    def _key(self, path: str) -> str:
        return f"{self._root.key}/{path}".lstrip("/")

    def _write(self, path: str, content: bytes | Path, *, over: bool = False) -> bool:
        node, (above, _, _) = self._root.bucket, path.rpartition("/")
        draft = self._key(f"{above}/.{uuid.uuid4().hex}" if above else f".{uuid.uuid4().hex}")
        hdfs.put_file(node, content, draft)
        written = hdfs.rename_path(node, draft, self._key(path), over=over)
        if not written:
            hdfs.remove_path(node, draft)
        return written


def open_tables(address: str, folder: Path) -> TableFiles:
    """Where tables lie: at an address, or in a folder where none is named."""
    return ObjectFiles(address) if address else LocalFiles(folder)


def open_named(use: str, address: str, folder: Path) -> Files:
    """What a setting names an address for; in a folder where it names none."""
    if is_on_hdfs(address):
        return HdfsFiles(address)
    return ObjectFiles(address, use) if address else LocalFiles(folder)


def open_place(place: str) -> Files:
    """What lies below a folder or an address, as ranks are told it."""
    return open_named("staging", place if is_elsewhere(place) else "", Path(place))
