"""Writes kept documents as files for tools that do not read Delta: whole or not at all, and over nothing but an earlier export.

The engine writes into a folder beside the target, which then takes its name. A manifest of our own lists the files of an export
with sizes and times: what it does not list, or was changed since, is not ours, and is never touched.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pyspark.sql import functions as F

from resonance.core.errors import BusyError, EngineError, InputError
from resonance.core.files import named_folder, plain_path
from resonance.core.frames import look_up, map_batches, write_hex
from resonance.core.ledger import drop_cut
from resonance.core.objects import is_address, is_elsewhere, parse_address, put_new
from resonance.core.sources import is_workspace, lies_in, reads_from
from resonance.core.table import Catalog
from resonance.core.versions import VERSION_KEY
from resonance.runtime.storage.bucket_export import BucketExport, check_address
from resonance.runtime.storage.export_rows import (
    COLUMNS,
    KINDS,
    WRITTEN,
    ExportWriter,
    FieldFinder,
    Mask,
    complete_schema,
    merge_schemas,
)
from resonance.runtime.storage.hdfs_export import HdfsExport
from resonance.tables import DOCUMENTS, RAW, REJECTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Format = Literal["jsonl", "parquet"]
MANIFEST = "_resonance_export.json"
"""Readers of sources pass over names like this one."""
MADE_BY = "resonance curate --export"
PASS_BYTES = 512 << 20


def check_target(target: Path | str, format: Format, inputs: Sequence[str], workspace: Path | str, tables: str = "") -> None:
    """Raise unless an export may be written at ``target``: a look that reads no table, before anything runs.

    Raises:
        InputError: it holds what is no earlier export of ours, lies in a workspace, or among the inputs, or cannot be written.
        StorageError: it is the address of a bucket, or of a cluster, that cannot be read.
    """
    if is_elsewhere(str(target)):
        check_address(str(target), f"part-00000.{format}", inputs, tables, MANIFEST, MADE_BY)
        return
    place, home = _place(target), named_folder(workspace, "workspace")
    if lies_in(place, home) or lies_in(home, place) or any(map(is_workspace, (place, *place.parents))):
        raise InputError(f"export: {target} lies in a workspace, or holds one; name a folder outside of it")
    if (given := reads_from(inputs, place, f"part-00000.{format}")) is not None:
        raise InputError(f"export: {target} lies among the inputs ({given}), or holds them; name another folder")
    if place.is_dir():
        _refuse_foreign(place, target)
        if place.is_mount() or place.samefile(Path.cwd()):
            raise InputError(f"export: {target} cannot be replaced while it is in use here; name a folder in it")
    above = next(folder for folder in place.parents if os.path.lexists(folder))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"export: no folder can be made in {above}; name another one")


def export_documents(catalog: Catalog, target: Path | str, format: Format, mask: Mask | None = None) -> int:
    """Write every kept document below ``target`` as it came, with its cleaned text and who it is; how many there are.

    ``mask`` is what masks its other fields.

    Rows with their other fields are written by workers, in passes of at most ``PASS_BYTES`` of fields, which a join holds at once.

    Raises:
        InputError: ``target`` holds what is no earlier export of ours.
        BusyError: another process exports to it.
        StorageError: it is the address of a bucket, or of a cluster, that cannot be written.
    """
    documents = drop_cut(catalog.read(DOCUMENTS), catalog.read(REJECTS))
    if is_elsewhere(str(target)):
        return _export_elsewhere(str(target), documents, catalog.read(RAW), format, mask)
    place = _place(target)
    with _staging(place, target) as staging:
        passes = _join_fields(documents, catalog.read(RAW))
        schema = None if format == "jsonl" else _find_schema(passes, mask)
        try:
            names, count = _write_parts(passes, str(plain_path(staging) / "rows"), schema, mask)
        except Exception as error:
            _explain_full_disk(error, documents, staging)
            raise
        made = staging / "made"
        _collect_parts(staging / "rows", made, names, format, schema)
        _replace(place, made, staging / "before", target)
    return count


def _export_elsewhere(target: str, documents: DataFrame, raw: DataFrame, format: Format, mask: Mask | None) -> int:
    export = (BucketExport if is_address(target) else HdfsExport).begin(target, MANIFEST, MADE_BY)
    try:
        passes = _join_fields(documents, raw)
        schema = None if format == "jsonl" else _find_schema(passes, mask)
        names, count = _write_parts(passes, export.folder, schema, mask)
        if not names:
            with tempfile.TemporaryDirectory() as folder:
                _write_empty(Path(folder, "empty"), schema)
                put_new(parse_address(f"{export.folder}/empty"), Path(folder, "empty"))
        export.publish(names or ["empty"], format)
    finally:
        export.clear()
    return count


def _write_parts(passes: Sequence[DataFrame], folder: str, schema: Any, mask: Mask | None) -> tuple[list[str], int]:
    """The names of the files that workers leave in a folder, in the order of their first documents; and how many rows they hold."""
    writer = ExportWriter(folder, None if schema is None else schema.serialize().to_pybytes(), mask)
    parts = [part for rows in passes for part in map_batches(rows, writer, WRITTEN).collect()]
    return [part["file"] for part in sorted(parts, key=lambda part: part["first"])], sum(part["rows"] for part in parts)


def _join_fields(documents: DataFrame, raw: DataFrame) -> list[DataFrame]:
    """Rows of ``COLUMNS``, in passes by bucket."""
    size = raw.agg(F.sum(F.octet_length("metadata")).alias("bytes")).collect()[0]["bytes"] or 0
    passes = 1 + size // PASS_BYTES
    shown = [write_hex("doc_id").alias("doc_id") if name == "doc_id" else F.col(name) for name in COLUMNS]
    frames = []
    for number in range(passes):
        mine = F.pmod(F.col("bucket"), F.lit(passes)) == number
        fields = raw.where(mine).select(*VERSION_KEY, "metadata")
        frames.append(look_up(documents.where(mine), fields, VERSION_KEY, keep=True).select(*shown))
    return frames


def _find_schema(passes: Sequence[DataFrame], mask: Mask | None) -> Any:
    """The columns of all rows. One pass over them, by which nothing but schemas comes back."""
    import pyarrow as pa

    found = [row["kinds"] for rows in passes for row in map_batches(rows, FieldFinder(mask), KINDS).collect()]
    return complete_schema(merge_schemas(pa.ipc.read_schema(pa.py_buffer(bytes(kinds))) for kinds in found))


def _explain_full_disk(error: Exception, documents: DataFrame, staging: Path) -> None:
    """Raise EngineError where a worker found the disk full: it says how much room is needed."""
    if "No space left" not in str(error):
        return
    room = shutil.disk_usage(staging).free
    needed = documents.agg(F.sum("n_bytes").alias("bytes")).collect()[0]["bytes"] or 0
    if room < needed:
        raise EngineError(
            f"no space left on {staging.parent}; make room there and run the same command again: the export needs "
            f"{needed / 1e6:,.1f} MB or more, {room / 1e6:,.1f} MB are free"
        ) from error


def _place(target: Path | str) -> Path:
    return Path(os.path.realpath(named_folder(target, "export")))


def _refuse_foreign(place: Path, target: Path | str) -> None:
    """Raise InputError where the folder holds anything but an export as we left it."""
    ours = _list_files(place)
    foreign = sorted(path.name for path in place.iterdir() if path.name not in (ours or ()))
    if foreign:
        raise InputError(f"export: {target} holds {foreign[0]!r}, which is not as an export left it; name an empty or a new folder")


def _list_files(place: Path) -> list[str] | None:
    """The files of an export that are as it left them, by its manifest, and the manifest; None where there is none."""
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        states = dict(manifest["files"])
        if manifest["made_by"] != MADE_BY:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return [path.name for path in place.iterdir() if path.name == MANIFEST or states.get(path.name) == _state(path)]


def _state(path: Path) -> list[int]:
    about = path.lstat()
    return [about.st_size, about.st_mtime_ns, about.st_mode & 0o170000]


@contextmanager
def _staging(place: Path, target: Path | str) -> Iterator[Path]:
    """A folder beside the target that this process alone writes in; what a killed one left there is gone."""
    place.parent.mkdir(parents=True, exist_ok=True)
    staging = place.with_name(f".resonance-export-{hashlib.sha256(os.fsencode(place.name)).hexdigest()[:12]}")
    staging.mkdir(exist_ok=True)
    held = os.open(staging, os.O_RDONLY)
    try:
        if not _is_free(held, staging):
            raise BusyError(f"export: another process writes to {target}; wait for its end, or name another folder")
        _clear(staging, place)
        try:
            yield staging
        finally:
            _clear(staging, place)
            with suppress(OSError):
                staging.rmdir()
    finally:
        os.close(held)


def _is_free(held: int, staging: Path) -> bool:
    """Whether no other process has this folder, which it has not removed either since it was opened; it is locked then."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return staging.exists() and os.path.samestat(os.fstat(held), staging.stat())


def _clear(staging: Path, place: Path) -> None:
    """Take back an export that was moved away and not replaced; remove all else that was staged."""
    before = staging / "before"
    if before.is_dir():
        if not place.exists():
            before.rename(place)
        else:
            _remove_export(before)
    for name in ("rows", "made"):
        shutil.rmtree(staging / name, ignore_errors=True)


def _collect_parts(written: Path, made: Path, names: Sequence[str], format: Format, schema: Any) -> None:
    """The files that workers wrote, under plain names with a manifest; one without rows where there are none."""
    made.mkdir()
    for number, name in enumerate(names):
        (written / name).rename(made / f"part-{number:05d}.{format}")
    if not names:
        _write_empty(made / f"part-00000.{format}", schema)
    files = {path.name: _state(path) for path in sorted(made.iterdir())}
    (made / MANIFEST).write_text(json.dumps({"made_by": MADE_BY, "files": files}, indent=1), encoding="utf-8")


def _write_empty(path: Path, schema: Any) -> None:
    if schema is None:
        path.touch()
        return
    import pyarrow.parquet as pq

    pq.write_table(schema.empty_table(), path)


def _replace(place: Path, made: Path, before: Path, target: Path | str) -> None:
    """Give what was made the target's name, in one step where nothing is there, in two where an earlier export is."""
    if place.is_dir():
        _refuse_foreign(place, target)
        shutil.copymode(place, made)
        place.rename(before)
    try:
        made.rename(place)
    except OSError as error:
        raise InputError(f"export: {target} is there now, made by someone else; name another folder") from error


def _remove_export(folder: Path) -> None:
    """Delete what the manifest of an export lists, then the folder, unless there is more in it."""
    for name in _list_files(folder) or ():
        (folder / name).unlink()
    with suppress(OSError):
        folder.rmdir()
