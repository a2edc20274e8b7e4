"""A dataset in the parts that assessments read: files that the same versions of a Delta table added are one, all else is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession

from resonance.core.errors import InputError
from resonance.core.files import plain_path
from resonance.core.frames import load_parquet
from resonance.core.hashes import hash_text
from resonance.core.sources import input_path
from resonance.runtime.datasets import LayLines, find_broken, list_files, open_dataset
from resonance.runtime.engines.explain import explain_error, first_words
from resonance.runtime.storage.folder import find_plain_files
from resonance.runtime.storage.history import read_added

ENGINES = ("pyspark", "py4j", "grpc")
"""The packages whose exceptions are an engine's."""


class Part(NamedTuple):
    """Some rows of a dataset; ``mark`` is a hash of what is in it, ``version`` the version of the dataset that it was read from."""

    name: str
    mark: str
    rows: DataFrame
    version: str


class Dataset(NamedTuple):
    """A dataset and its parts; its version is that of a Delta table, or a hash of the names, sizes and times of files."""

    rows: DataFrame
    version: str
    parts: tuple[Part, ...]


def open_parts(session: SparkSession, given: str, lay_lines: LayLines, read_before: Iterable[str] = ()) -> Dataset:
    """A dataset, a Delta table in parts as far as earlier readers saw them.

    Args:
        session: reads it.
        given: where it lies.
        lay_lines: copies a JSON file that engines do not read as it stands.
        read_before: versions that were read before; files that came between two of them are one part.

    Raises:
        InputError: there is none, or it is of no known kind.
    """
    rows, path = open_dataset(session, given, lay_lines), input_path(given)
    if not (path / "_delta_log").is_dir():
        version = hash_text("\n".join(map(_describe, list_files(path))))
        return Dataset(rows, version, (Part("all", version, rows, version),))
    id, newest, files = find_plain_files(path)
    if not files:
        return Dataset(rows, str(newest), (Part("all", f"{id}-{newest}", rows, str(newest)),))
    added, ends = read_added(path), sorted({int(end) for end in read_before if end.isdigit() and int(end) < newest} | {newest})
    parts = []
    for since, until in pairwise([-1, *ends]):  # what the log no longer tells of was there from the beginning
        own = sorted(file for file in files if since < added.get(file, 0) <= until)
        if own:
            part = load_parquet(session, [str(plain_path(path) / file) for file in own], rows.schema)
            parts.append(Part(f"{since + 1}-{until}", hash_text("\n".join(own)), part, str(until)))
    return Dataset(rows, str(newest), tuple(parts))


@contextmanager
def name_failures(data: object, lay_lines: LayLines) -> Iterator[None]:
    """Within it, what an engine raises over a dataset is one error of ours that says which line is broken, or what the engine says.

    Args:
        data: a frame, or where the dataset lies.
        lay_lines: copies a JSON file that engines do not read as it stands.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ENGINES:
            raise
        given = str(data) if isinstance(data, str | Path) else ""
        found = explain_error(error) or find_broken(given, lay_lines)
        told = f"assess: the engine fails on the rows{f' of {given}' if given else ''}: {first_words(error)[:300]}"
        raise found or InputError(told) from error


def _describe(file: Path) -> str:
    about = file.stat()
    return f"{file.name} {about.st_size} {about.st_mtime_ns}"
