"""Inputs to files: folders, globs, names and addresses become a list, each file with a name that does not depend on where it lies.

The one look-up of sources: what is read, what tells that sources changed, and what an export keeps out of, are all asked here.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from resonance.core.buckets import LOG, find_in_bucket, list_log
from resonance.core.errors import InputError
from resonance.core.files import LOCK, find_odd_bytes, refuse_unreadable, show_name
from resonance.core.formats import find_format, list_known
from resonance.core.objects import is_elsewhere


class File(NamedTuple):
    """One input file, or an object by its address. ``name`` is relative to the input that led to it; ``format`` is empty where
    none is known.

    ``fault`` says why it cannot be read, where that is known before it is opened.
    """

    path: str
    name: str
    shown: str
    size: int
    modified: int
    format: str
    codec: str
    fault: str = ""


def find_files(inputs: Sequence[str]) -> list[File]:
    """The files that ``inputs`` (files, folders, globs, and such of buckets) lead to, each once.

    Passed over are hidden ones (``.x``, ``_x``), what is no file (pipes, devices), and workspaces with all that is in them.
    A file inside a folder whose extension is unknown comes with an empty format, so that it is quarantined, not lost; so does one
    that cannot be read, with its fault.

    Raises:
        InputError: an input does not exist, holds no file, names a file of unknown format, or two files share a name.
        StorageError: a bucket cannot be read.
    """
    if not inputs:
        raise InputError("ingest: no input given; name files, folders or globs in ingest.inputs")
    found: dict[str, File] = {}
    for given in inputs:
        for file in _of_input(given, alone=len(inputs) == 1):
            found.setdefault(file.path if file.fault or is_elsewhere(file.path) else os.path.realpath(file.path), file)
    names: dict[str, File] = {}
    for file in found.values():
        twin = names.setdefault(file.name, file)
        if twin is not file:
            raise InputError(f"ingest: {twin.shown} and {file.shown} would share ids; give the folder that holds both as one input")
    if all(file.fault for file in found.values()):
        first = next(iter(found.values()))
        raise InputError(f"ingest: cannot read {first.shown}: {first.fault}")
    if all(file.format == "" for file in found.values()):
        raise InputError(f"ingest: no file of a known format in {', '.join(inputs)}; known are {list_known()}")
    return list(found.values())


def input_path(given: str) -> Path:
    """Where an input lies.

    Raises:
        InputError: it is an address, or its name is no UTF-8.
    """
    if "://" in given and not given.startswith("file://"):
        raise InputError(f"ingest: {given} is no path on this machine; mount it as a folder that every worker sees")
    try:
        path = Path(given.removeprefix("file://")).expanduser()
        if given.startswith("file://") and not os.path.lexists(path):
            path = Path(unquote(given.removeprefix("file://")))
    except RuntimeError as error:
        raise InputError(f"ingest: {given}: {error} Write the path without ~") from None
    refuse_unreadable(str(path.absolute()), "ingest")
    return path


def are_tables(inputs: Sequence[str]) -> bool:
    """Whether the inputs are Delta tables.

    Raises:
        InputError: some are, and some are not.
    """
    found = [bool(list_log(given)) if is_elsewhere(given) else (input_path(given) / LOG).is_dir() for given in inputs]
    if any(found) and not all(found):
        raise InputError("ingest: Delta tables and files cannot be read together; give each a batch of its own")
    return any(found)


def find_states(inputs: Sequence[str]) -> list[str]:
    """A line for each file that is read, by name, size and time; of Delta tables, for each version that is there.

    Raises:
        InputError: as in ``find_files``.
    """
    if are_tables(inputs):
        return [f"{given} {name} {size}" for given in inputs for name, size in _list_log(given)]
    return [f"{file.shown} {file.name} {file.size} {file.modified}" for file in (find_files(inputs) if inputs else ())]


def _list_log(given: str) -> list[tuple[str, int]]:
    if is_elsewhere(given):
        return list_log(given)
    return [(file.name, file.stat().st_size) for file in (input_path(given) / LOG).glob("*.json")]


def reads_from(inputs: Sequence[str], folder: Path, name: str) -> str | None:
    """The input that lies in ``folder``, or would read a file of this name there; None where there is none."""
    for given, path in ((given, input_path(given)) for given in inputs if not is_elsewhere(given)):
        if lies_in(path, folder) or _would_read(path, folder, name):
            return given
    return None


def lies_in(path: Path, folder: Path) -> bool:
    """Whether ``path`` is ``folder``, or below it, by whatever name."""
    real = _real(path)
    return any(above == _real(folder) or _is_same(above, folder) for above in (real, *real.parents))


def refuse_workspace(inputs: Sequence[str], workspace: Path) -> None:
    """Raise InputError where an input is the folder that a new workspace would be made in: it would hold texts and tables."""
    for given in inputs:
        if "://" in given or is_workspace(workspace) or not _is_same(input_path(given), workspace):
            continue
        if any(workspace.iterdir()):
            raise InputError(f"ingest: {given} cannot be input and workspace; name another folder for the workspace")


def is_workspace(folder: Path) -> bool:
    """Whether resonance keeps tables here, or began to."""
    return os.path.isfile(folder / LOCK)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_same(one: Path, other: Path) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


def _would_read(given: Path, folder: Path, name: str) -> bool:
    if given.exists() or not glob.has_magic(str(given)):
        return lies_in(folder, given)
    root = _fixed_part(given)
    if not lies_in(folder, root):
        return False
    pattern = given.parts[len(root.parts) :]
    names = (*_real(folder).relative_to(_real(root)).parts, name)
    read = len(pattern) <= len(names) and all(fnmatchcase(name, part) for name, part in zip(names, pattern, strict=False))
    return "**" in pattern or read


def _of_input(given: str, alone: bool) -> list[File]:
    if is_elsewhere(given):
        return _of_bucket(given)
    path = input_path(given)
    if is_workspace(path):
        if alone:
            raise InputError(f"ingest: {given} is a workspace, no source; give what texts are in, or one of its tables")
        return []
    try:
        if path.is_dir():
            files = [_file(f, path) for f in _walk(path)]
        elif path.exists():
            files = [_find_named(path)]
        else:
            files = list(_of_glob(path))
    except OSError as error:
        raise InputError(f"ingest: cannot read {error.filename or given}: {error.strerror}") from error
    if not files:
        raise InputError(f"ingest: {given} holds no files" if path.is_dir() else f"ingest: {given} does not exist")
    return files


def _of_bucket(given: str) -> list[File]:
    found = find_in_bucket(given)
    files = []
    for about in found.objects:
        name, path = found.name(about), str(found.root._replace(key=about.key))
        files.append(File(path, name, f"{found.shown}/{name}", about.size, about.modified, *find_format(Path(name))))
    if not files:
        raise InputError(f"ingest: {given} does not exist, or holds no files")
    if len(files) == 1 and files[0].shown == given:
        _refuse_unknown(files[0])
    return files


def _of_glob(pattern: Path) -> Iterator[File]:
    root = _fixed_part(pattern)
    holds_tables = cache(is_workspace)
    for match in sorted(glob.glob(str(pattern), recursive=True)):
        path = Path(match)
        if any(holds_tables(above) for above in (path, *path.parents) if above != root and above.is_relative_to(root)):
            continue
        for file in _walk(path) if path.is_dir() else filter(_is_file, (path,)):
            if not _hidden(file.relative_to(root)):
                yield _file(file, root)


def _fixed_part(pattern: Path) -> Path:
    fixed = list(pattern.parts)
    while any(glob.has_magic(part) for part in fixed):
        fixed.pop()
    return Path(*fixed) if fixed else Path()


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        if LOG in folders:
            raise InputError(
                f"ingest: {parent} is a Delta table, whose folder also holds deleted rows; give it as an input of its own"
            )
        if os.path.realpath(parent) in seen:  # links may lead round in circles
            folders.clear()
            continue
        seen.add(os.path.realpath(parent))
        folders[:] = sorted(f for f in folders if not _hidden(Path(f)) and not is_workspace(Path(parent, f)))
        yield from (path for path in (Path(parent, f) for f in sorted(files) if not _hidden(Path(f))) if _is_file(path))


def _hidden(name: Path) -> bool:
    return any(part.startswith((".", "_")) for part in name.parts)


def _is_file(path: Path) -> bool:
    """Whether it is no pipe, socket or device, which have no end. A link that leads nowhere may have led to a file."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return path.is_symlink()


def _find_named(path: Path) -> File:
    if not _is_file(path):
        raise InputError(f"ingest: {path} is a pipe, a socket or a device, no file; write what it gives into a file first")
    file = _file(path, path.parent)
    _refuse_unknown(file)
    return file


def _refuse_unknown(file: File) -> None:
    if not file.format:
        raise InputError(f"ingest: {file.shown} has no known extension; known are {list_known()}")


def _file(path: Path, root: Path) -> File:
    name = path.relative_to(root).as_posix()
    odd = find_odd_bytes(name)
    fault = f"its name {odd}" if odd else ""
    try:
        about = path.stat()
    except OSError as error:
        about, fault = path.lstat(), f"it is a link that leads nowhere: {error.strerror}"
    if fault:
        lies, name, shown = map(show_name, (str(path.absolute()), name, str(path)))
        return File(lies, name, shown, about.st_size, about.st_mtime_ns, "", "", fault)
    return File(str(path.absolute()), name, str(path), about.st_size, about.st_mtime_ns, *find_format(path))
