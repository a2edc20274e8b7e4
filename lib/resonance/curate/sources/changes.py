"""Input files held against those that were read last time: which must be read, and whose rows can be taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession

from resonance.core.files import hash_file
from resonance.core.frames import make_frame, map_batches
from resonance.core.sources import File
from resonance.curate.sources.row import BATCH_BYTES, BATCH_ROWS, arrow_schema, top_folder

if TYPE_CHECKING:
    from pyarrow import RecordBatch

PRESENT, DELETED = "present", "deleted"
HASHED = "path string, sha256 string"
TO_HASH = "path string, place string, size bigint"
TASKS = 16
AT_ONCE = 32 << 20
"""Bytes that are hashed sooner than a first task of an engine has started."""
Hashes = Mapping[str, str | None]
"""SHA-256 of files in hex by ``File.shown``; null where a file cannot be read."""


class Entry(NamedTuple):
    """A file of the inputs as it is now, and what is known of its rows.

    Args:
        path: as the user gave it.
        name: relative to the input that leads to it; rows without an id are named by it.
        modified: nanoseconds since 1970.
        sha256: of its bytes, in hex; null where it cannot be read.
        renamed_from: the path under which the same bytes lay last time.
        was: the path whose rows are taken over; null where the file is read.
        by_name: whether the ids of rows that are taken over hang on the file's name; null where it is read.
        moved: whether rows are taken over under another path or name than they had.
    """

    path: str
    name: str
    size: int
    modified: int
    sha256: str | None
    renamed_from: str | None = None
    was: str | None = None
    by_name: bool | None = None
    moved: bool = False


def compare_files(
    files: Sequence[File], known: Sequence[Mapping[str, Any]], hash_files: Callable[[Sequence[File]], Hashes]
) -> list[Entry]:
    """An entry for each of ``files``, by name.

    A file of the same path, size and time is the one that was read; others are hashed. One of the same bytes is not read again.
    Where its path is new, and nothing lies any more where the same bytes were, it was renamed; then it is read again only where
    rows are named by their file, or their slice may be the folder that it lay in.

    Args:
        files: the inputs as they are.
        known: rows of table ``files`` of this batch.
        hash_files: gives the hashes of those that need one.
    """
    there = {row["path"]: row for row in known if row["state"] == PRESENT}
    same = {file.shown for file in files if _looks_same(file, there.get(file.shown))}
    hashes = {path: there[path]["sha256"] for path in same} | dict(hash_files([f for f in files if f.shown not in same]))
    paths = {file.shown for file in files}
    left: dict[object, list[Mapping[str, Any]]] = {}
    for row in sorted((row for path, row in there.items() if path not in paths), key=lambda row: str(row["path"]), reverse=True):
        left.setdefault((row["sha256"], _extensions(row["name"])), []).append(row)
    return [_compare(file, hashes[file.shown], there.get(file.shown), left) for file in sorted(files, key=lambda file: file.name)]


def find_deleted(entries: Iterable[Entry], known: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of ``known`` whose file is gone, now or since an earlier run, and was not renamed."""
    taken = {path for entry in entries for path in (entry.path, entry.renamed_from)}
    return [row for row in known if row["path"] not in taken]


def hash_inputs(spark: SparkSession, files: Sequence[File]) -> dict[str, str | None]:
    """The hashes of these files, computed by tasks where there is much to read."""
    if sum(file.size for file in files) <= AT_ONCE:
        return {file.shown: hash_file(file.path) for file in files}
    rows = [(file.shown, file.path, file.size) for file in files]
    frame = make_frame(spark, rows, TO_HASH).repartition(min(len(rows), TASKS))
    return {row["path"]: row["sha256"] for row in map_batches(frame, _hash_batches, HASHED, _weigh).collect()}


def _looks_same(file: File, row: Mapping[str, Any] | None) -> bool:
    return row is not None and (row["name"], row["size"], row["modified"]) == (file.name, file.size, file.modified)


def _compare(file: File, sha256: str | None, row: Mapping[str, Any] | None, left: dict[object, list[Mapping[str, Any]]]) -> Entry:
    entry = Entry(file.shown, file.name, file.size, file.modified, sha256)
    if sha256 is None or row is not None and row["sha256"] != sha256:
        return entry
    if row is None:
        candidates = left.get((sha256, _extensions(file.name)))
        if not candidates:
            return entry
        row = candidates.pop()
        entry = entry._replace(renamed_from=row["path"])
    if row["name"] != file.name and (row["by_name"] or top_folder(row["name"]) != top_folder(file.name)):
        return entry
    moved = (row["path"], row["name"]) != (file.shown, file.name)
    return entry._replace(was=row["path"], by_name=row["by_name"], moved=moved)


def _extensions(name: str) -> tuple[str, ...]:
    """What says how a file is read."""
    return tuple(suffix.lower() for suffix in PurePosixPath(name).suffixes[-2:])


def _hash_batches(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    """Hashes as they come: a batch ends with what is large, so that work is seen to go on, and holds many of what is small."""
    done, size = [], 0
    for row in (row for batch in batches for row in batch.to_pylist()):
        done.append({"path": row["path"], "sha256": hash_file(row["place"])})
        size += row["size"]
        if size >= BATCH_BYTES or len(done) >= BATCH_ROWS:
            yield pa.RecordBatch.from_pylist(done, schema=_HASHED)
            done, size = [], 0
    if done:
        yield pa.RecordBatch.from_pylist(done, schema=_HASHED)


def _weigh(batch: RecordBatch) -> int:
    return int(pc.sum(batch.column("size")).as_py() or 0)


_HASHED = arrow_schema(HASHED)
