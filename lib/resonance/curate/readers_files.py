"""Inputs to files: folders, globs and names become a list, each file with a name that does not depend on where it lies."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from resonance.core.errors import InputError

FORMATS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".markdown": "text",
    ".rst": "text",
}
CODECS = {".gz": "gzip", ".zst": "zstd"}
KNOWN = f"{' '.join(FORMATS)}, JSON lines and text also as {' '.join(CODECS)}"


class File(NamedTuple):
    """One input file. ``name`` is relative to the input that led to it; ``format`` is empty where none is known."""

    path: str
    name: str
    shown: str
    size: int
    format: str
    codec: str


def find_files(inputs: Sequence[str]) -> list[File]:
    """The files that ``inputs`` (files, folders, globs) lead to, each once. Hidden ones (``.x``, ``_x``) are passed over.

    A file inside a folder whose extension is unknown comes with an empty format, so that it is quarantined, not lost.

    Raises:
        InputError: an input does not exist, holds no file, names a file of unknown format, or two files share a name.
    """
    if not inputs:
        raise InputError("ingest: no input given; name files, folders or globs in ingest.inputs")
    found: dict[str, File] = {}
    for given in inputs:
        for file in _of_input(given):
            found.setdefault(os.path.realpath(file.path), file)
    names: dict[str, File] = {}
    for file in found.values():
        twin = names.setdefault(file.name, file)
        if twin is not file:
            raise InputError(f"ingest: {twin.shown} and {file.shown} would share ids; give the folder that holds both as one input")
    if all(file.format == "" for file in found.values()):
        raise InputError(f"ingest: no file of a known format in {', '.join(inputs)}; known are {KNOWN}")
    return list(found.values())


def _of_input(given: str) -> list[File]:
    if "://" in given and not given.startswith("file://"):
        raise InputError(f"ingest: {given} is no path on this machine; mount it as a folder that every worker sees")
    path = Path(given.removeprefix("file://")).expanduser()
    try:
        if path.is_dir():
            files = [_file(f, path) for f in _walk(path)]
        elif path.exists():
            files = [_named(path)]
        else:
            files = list(_of_glob(path))
    except OSError as error:
        raise InputError(f"ingest: cannot read {error.filename or given}: {error.strerror}") from error
    if not files:
        raise InputError(f"ingest: {given} holds no files" if path.is_dir() else f"ingest: {given} does not exist")
    return files


def _of_glob(pattern: Path) -> Iterator[File]:
    fixed = list(pattern.parts)
    while any(glob.has_magic(part) for part in fixed):
        fixed.pop()
    root = Path(*fixed) if fixed else Path()
    for match in sorted(glob.glob(str(pattern), recursive=True)):
        path = Path(match)
        for file in _walk(path) if path.is_dir() else (path,):
            if not _hidden(file.relative_to(root)):
                yield _file(file, root)


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        if "_delta_log" in folders:
            raise InputError(
                f"ingest: {parent} is a Delta table, whose folder also holds deleted rows; give it as an input of its own"
            )
        if os.path.realpath(parent) in seen:  # links may lead round in circles
            folders.clear()
            continue
        seen.add(os.path.realpath(parent))
        folders[:] = sorted(f for f in folders if not _hidden(Path(f)))
        yield from (Path(parent, f) for f in sorted(files) if not _hidden(Path(f)))


def _hidden(name: Path) -> bool:
    return any(part.startswith((".", "_")) for part in name.parts)


def _named(path: Path) -> File:
    file = _file(path, path.parent)
    if not file.format:
        raise InputError(f"ingest: {path} has no known extension; known are {KNOWN}")
    return file


def _file(path: Path, root: Path) -> File:
    suffixes = [s.lower() for s in path.suffixes]
    codec = CODECS.get(suffixes[-1], "") if suffixes else ""
    inner = suffixes[:-1] if codec else suffixes
    format = FORMATS.get(inner[-1], "") if inner else ""
    name = path.relative_to(root).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(f"ingest: the file name {name!a} is not UTF-8; rename it") from None
    known = format if not (codec and format == "parquet") else ""
    return File(str(path.absolute()), name, str(path), path.stat().st_size, known, codec)
