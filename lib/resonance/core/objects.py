"""Objects of buckets by their addresses: listed, looked at, read in ranges, put and copied. The only import of obstore.

What only reads knows files of HDFS too (``core.hdfs``).

Keys come from where such programs look for them: variables of the environment, a web identity, or the role of a machine.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from resonance.core import hdfs
from resonance.core.errors import ConfigError, InputError, StorageError
from resonance.core.ranges import RangeReader

SCHEMES = ("s3://", "s3a://")
NEED_JARS = (
    "Spark reaches buckets by jars that are not here; `make setup-s3` fetches them, or compute without it (--engine embedded)"
)
RETRIES: Any = {"max_retries": 10, "retry_timeout": timedelta(seconds=60)}
"""What fails so often or so long is told."""
AHEAD_BYTES = 8 << 20
"""What one request asks for while an object is read from its start to its end: a request waits as long as a megabyte takes."""
COPY_BYTES = 5_000_000_000
"""S3 copies objects of less than 5 GiB by one request, without their bytes coming here."""
AT_ONCE = 1_000
"""Objects that one request removes at most."""
ANSWER = re.compile(r"\b([45]\d\d) [A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)*")
MEANINGS = {"403": "the keys that the environment has are not right, or not allowed to", "404": "there is no such bucket"}
"""What the answers of a server mean most often."""
SECOND, MILLISECOND = 1_000_000_000, 1_000_000
"""Nanoseconds in them."""


class Address(NamedTuple):
    """A bucket, and the key of an object in it or what keys below a folder begin with; empty for the whole bucket.

    Of HDFS it is a name node, and a path without its first ``/``.
    """

    bucket: str
    key: str
    scheme: str = "s3"

    def __str__(self) -> str:
        return "/".join(filter(None, (f"{self.scheme}://{self.bucket}", self.key)))

    def below(self, name: str) -> Address:
        """The address of what has this name in a folder."""
        return self._replace(key=f"{self.key}/{name}")


class Found(NamedTuple):
    """What is known of an object without reading it; ``modified`` in nanoseconds of Unix time, less than a second of it by tag.

    Storage tells seconds: an object that was replaced within one has another time all the same.
    """

    key: str
    size: int
    modified: int
    tag: str


def is_address(given: str) -> bool:
    """Whether it names a bucket, or something in one."""
    return given.startswith(SCHEMES)


def is_on_hdfs(given: str) -> bool:
    """Whether it names files of HDFS."""
    return given.startswith(f"{hdfs.SCHEME}://")


def is_elsewhere(given: str) -> bool:
    """Whether it names a bucket, or files of HDFS: what readers open by address."""
    return is_address(given) or is_on_hdfs(given)


def spell_address(given: str) -> str:
    """A path or an address as every engine reads it: of buckets, Spark knows Hadoop's scheme alone."""
    return str(parse_address(given)._replace(scheme="s3a")) if is_address(given) else given


def parse_address(given: str) -> Address:
    """The parts of an address.

    Raises:
        InputError: it names no bucket, or no name node.
    """
    scheme, _, rest = given.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme == hdfs.SCHEME:
        if not bucket:
            raise InputError(f"{given} names no name node; write hdfs://node:port/folder")
        return Address(bucket, "/".join(filter(None, key.split("/"))), scheme)
    if not bucket:
        raise InputError(f"{given} names no bucket; write s3://bucket/folder")
    return Address(bucket, key.strip("/"))


@cache
def open_store(bucket: str) -> Any:
    """A bucket as obstore reaches it.

    Raises:
        ConfigError: obstore is not installed.
    """
    try:
        from obstore.store import S3Store
    except ImportError:
        raise ConfigError("object storage needs obstore: pip install obstore") from None
    plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
    if plain:  # delta-rs and the engine ask for leave to talk in the open, as obstore does
        os.environ.setdefault("AWS_ALLOW_HTTP", "true")
    return S3Store(bucket, client_options={"allow_http": plain}, retry_config=RETRIES)


def find_object(address: Address) -> Found | None:
    """The object of this key; None where there is none.

    Raises:
        StorageError: the bucket cannot be read.
    """
    if address.scheme == hdfs.SCHEME:
        held = hdfs.find_file(address.bucket, address.key)
        return None if held is None else _describe_file(held)
    import obstore

    store = open_store(address.bucket)
    try:
        with telling(address):
            return _describe(obstore.head(store, address.key)) if address.key else None
    except FileNotFoundError:
        return None


def list_objects(address: Address, inner: str = "") -> Iterator[Found]:
    """The objects below a folder, or below one in it, in the order of their keys.

    Raises:
        StorageError: the bucket cannot be read, or there is none.
    """
    below = "/".join(filter(None, (address.key, inner)))
    if address.scheme == hdfs.SCHEME:
        yield from map(_describe_file, hdfs.list_files(address.bucket, below))
        return
    import obstore

    store = open_store(address.bucket)
    with telling(address):
        for page in obstore.list(store, below or None):
            yield from map(_describe, page)


def open_bytes(path: str, ahead: int = AHEAD_BYTES) -> io.BufferedReader:
    """A file of this machine, or an object by its address, as a file; of an object so many bytes are read ``ahead``.

    Raises:
        OSError: it is not there.
        StorageError: the bucket cannot be read.
    """
    return io.BufferedReader(open_object(path), ahead) if is_elsewhere(path) else open(path, "rb")


def open_ahead(file: Any) -> Any:
    """A file as pyarrow reads it from its start to its end: what is read in ranges so many bytes ahead, a path as it is."""
    return io.BufferedReader(file, AHEAD_BYTES) if isinstance(file, RangeReader) else file


@contextmanager
def put_on_disk(path: str) -> Iterator[str]:
    """The path of a file of this machine, or of a copy of an object there, for libraries that read nothing else.

    Raises:
        OSError: it is not there, or cannot be read.
        StorageError: the bucket cannot be read.
    """
    with open_bytes(path) as file:
        if not is_elsewhere(path):
            yield path
            return
        with tempfile.NamedTemporaryFile(prefix="resonance-") as copy:
            shutil.copyfileobj(file, copy, AHEAD_BYTES)
            copy.flush()
            yield copy.name


def open_object(path: str) -> RangeReader:
    """An object, or a file of HDFS, that is read in ranges, each by one request: of a Parquet file its footer, then single columns.

    Raises:
        OSError: it is not there.
        StorageError: the bucket cannot be read.
    """
    address = parse_address(path)
    if address.scheme == hdfs.SCHEME:
        return hdfs.open_file(address.bucket, address.key)
    import obstore

    store = open_store(address.bucket)
    with telling(address):
        try:
            about = obstore.head(store, address.key)
        except FileNotFoundError:
            raise OSError("it is gone from the bucket since it was listed") from None
    return ObjectReader(store, address.key, about["size"], about["e_tag"])


def put_object(address: Address, content: bytes | Path, over: str | None = "") -> str:
    """Write an object, whole or not at all, and say its tag. ``over`` is the tag of the version that it may take the place of: None
    where there must be none, empty where it may be any.

    Raises:
        FileExistsError: another version is there.
        StorageError: the bucket cannot be written.
    """
    import obstore
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    mode: Any = "overwrite" if over == "" else "create" if over is None else {"e_tag": over}
    with telling(address, "written"):
        try:
            return str(obstore.put(open_store(address.bucket), address.key, content, mode=mode)["e_tag"])
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            raise FileExistsError(str(address)) from None


def put_new(address: Address, content: bytes | Path) -> None:
    """Write an object, or a file of HDFS, of a new name.

    Raises:
        StorageError: the storage cannot be written.
    """
    if address.scheme == hdfs.SCHEME:
        hdfs.put_file(address.bucket, content, address.key)
    else:
        put_object(address, content)


def copy_object(address: Address, key: str) -> None:
    """Leave a copy of an object under another key of its bucket; one that is too large for a single request goes through here.

    Raises:
        StorageError: the bucket cannot be written.
    """
    import obstore

    store = open_store(address.bucket)
    with telling(address, "copied"):
        if obstore.head(store, address.key)["size"] < COPY_BYTES:
            obstore.copy(store, address.key, key)
        else:
            with put_on_disk(str(address)) as copy:
                obstore.put(store, key, Path(copy))


def fetch_objects(address: Address, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Leave copies of the objects of a folder, but for those whose names are not ``wanted``, in a folder of this machine.

    Raises:
        OSError: one of them is gone, was replaced while it was read, or cannot be written here.
        StorageError: the bucket cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for found in list_objects(address):
        name = found.key.removeprefix(f"{address.key}/")
        if wanted(name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with open_bytes(str(address._replace(key=found.key))) as held, (folder / name).open("wb") as copy:
                shutil.copyfileobj(held, copy, AHEAD_BYTES)


def bring_folder(place: str, copies: Path, wanted: Callable[[str], bool] = lambda name: True) -> Path:
    """A folder by its path or address: itself, or ``copies`` with those of its objects whose names are ``wanted``.

    Raises:
        OSError: an object is gone, was replaced while it was read, or cannot be written here.
        StorageError: the bucket cannot be read.
    """
    if not is_elsewhere(place):
        return Path(place)
    fetch_objects(parse_address(place), copies, wanted)
    return copies


def remove_objects(bucket: str, keys: Sequence[str]) -> None:
    """Remove objects of a bucket; those that are not there are passed over.

    Raises:
        StorageError: the bucket cannot be written.
    """
    store = open_store(bucket)
    with telling(f"s3://{bucket}", "written"):
        delete_keys(store, keys)


def delete_keys(store: Any, keys: Sequence[str]) -> None:
    """Remove objects of a store, many by one request; what it refuses is raised as obstore has it."""
    import obstore

    for start in range(0, len(keys), AT_ONCE):
        with suppress(FileNotFoundError):
            obstore.delete(store, keys[start : start + AT_ONCE])


class ObjectReader(RangeReader):
    """An object of a store as a file that is read in ranges, all of the version that ``tag`` names."""

    def __init__(self, store: Any, key: str, size: int, tag: str | None = None) -> None:
        super().__init__(size)
        self._store, self._key, self._tag = store, key, tag

    def read_range(self, start: int, end: int) -> memoryview:
        """The bytes from one place up to another."""
        import obstore
        from obstore.exceptions import PreconditionError

        options: Any = {"range": (start, end), **({"if_match": self._tag} if self._tag else {})}
        with telling(self._key):
            try:
                return memoryview(obstore.get(self._store, self._key, options=options).bytes())
            except FileNotFoundError:
                raise OSError("it is gone from the bucket since it was opened") from None
            except PreconditionError:
                raise OSError("it was replaced in the bucket while it was read") from None


@contextmanager
def telling(place: object, done: str = "read") -> Iterator[None]:
    """Have what the storage refuses, or does not answer, be one sentence of ours.

    Raises:
        StorageError: the storage answered so, or not at all.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, ValueError) as error:
        raise StorageError(f"{place} cannot be {done}: {_first_words(error)}") from None


def _describe(about: Any) -> Found:
    seconds = int(about["last_modified"].timestamp())
    tag = about["e_tag"] or ""
    return Found(about["path"], about["size"], seconds * SECOND + crc32(tag.encode()) % SECOND, tag)


def _describe_file(held: hdfs.Entry) -> Found:
    return Found(held.path, held.size, held.modified * MILLISECOND, str(held.modified))


def _first_words(error: Exception) -> str:
    """What the server answered and what that may mean, or what else an error says first."""
    if answer := ANSWER.search(str(error)):
        return ": ".join(filter(None, (answer[0], MEANINGS.get(answer[1]))))
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
