"""Text that every installation of ours holds: documentation of the packages that come with it, read where it lies.

Doc strings, long descriptions (``METADATA``), licence files and the language's own topics. Nothing is downloaded, and real
duplicates (vendored and copied code, one licence in many packages), boilerplate and skew are in it.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from resonance.core.frames import make_frame, map_batches
from resonance.core.packages import OWN, find_packages, plain_name
from resonance.core.settings import IngestSettings
from resonance.curate.sources.demo_texts import READERS, estimate
from resonance.curate.sources.row import Reading, Row, in_batches

if TYPE_CHECKING:
    from pyarrow import RecordBatch

LICENCE = re.compile(r"(licen[cs]e|copying|notice)[^/]*", re.IGNORECASE)
LICENCE_SUFFIXES = ("", ".txt", ".md", ".rst", ".apache", ".bsd", ".mit")
TESTS = frozenset({"test", "tests", "idle_test"})
TASKS = 32
SOURCE_SCHEMA = "package string, version string, kind string, name string, path string"
MODULE_BYTES = 20_000
"""Bytes of a source file, about: what reading it weighs."""
MARGIN = 1.1
"""Doc strings are estimated before they are parsed; this much more is asked for, so that there are enough."""


class Source(NamedTuple):
    """One file of a package. ``name`` does not depend on the machine."""

    package: str
    version: str
    kind: str
    name: str
    path: str


def read_demo(spark: SparkSession, settings: IngestSettings) -> Reading:
    """Documentation of the packages that come with ours: at least ``settings.demo_documents`` rows where there are as many.

    What is installed besides, such as the trainer, changes nothing: the text is the same before and after.

    The driver lists and chooses files; texts are read by tasks. Shuffles names of files only.
    """
    sources = list_sources(find_packages())
    modules = [s for s in sources if s.kind == "docstring"]
    counted = map_batches(_spread(spark, modules), _estimate, "path string, documents bigint", _weigh).collect()
    wanted = int(settings.demo_documents * MARGIN) - (len(sources) - len(modules))
    chosen = choose(modules, {row["path"]: row["documents"] for row in counted}, wanted)
    others = [s for s in sources if s.kind != "docstring"]
    return Reading(_spread(spark, [*chosen, *others]), _read, _weigh)


def list_sources(packages: Mapping[str, metadata.Distribution] | None = None) -> list[Source]:
    """The files of these packages, or of all installed ones but ours, and of the standard library; no tests, each file once."""
    if packages is None:
        packages = {}
        for package in metadata.distributions():
            packages.setdefault(plain_name(package.metadata["Name"] or ""), package)
    found: dict[str, Source] = {}
    for source in chain(*(_of_package(name, packages[name]) for name in sorted(packages)), _of_standard_library()):
        found.setdefault(source.path, source)
    return sorted(found.values())


def choose(modules: Sequence[Source], documents: dict[str, int], wanted: int) -> list[Source]:
    """The same share of every package: whole folders in the order of their hash, until the package gives its share.

    Folders stay whole because copies live beside each other; one share for all keeps the packages' natural skew.
    """
    total = Counter[str]()
    for module in modules:
        total[module.package] += documents[module.path]
    share = wanted / max(sum(total.values()), 1)
    taken = Counter[str]()
    chosen = []
    for module in sorted(modules, key=_folder_first):
        count = documents[module.path]
        if count and taken[module.package] < share * total[module.package]:
            taken[module.package] += count
            chosen.append(module)
    return chosen


def _folder_first(module: Source) -> tuple[bytes, bytes, str]:
    return _hash(str(PurePosixPath(module.name).parent)), _hash(module.name), module.path


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _of_package(name: str, package: metadata.Distribution) -> Iterator[Source]:
    if name in ("", OWN):
        return
    version = package.version
    for file in package.files or ():
        kind = _kind(file)
        if kind and not TESTS.intersection(file.parts) and ".." not in file.parts:
            stable = re.sub(r"^[^/]+\.dist-info/", "dist-info/", file.as_posix())
            yield Source(name, version, kind, stable, str(package.locate_file(file)))


def _kind(file: PurePosixPath) -> str | None:
    if file.suffix == ".py":
        return "docstring"
    if file.name == "METADATA" and file.parent.suffix == ".dist-info":
        return "readme"
    if LICENCE.fullmatch(file.name) and file.suffix.lower() in LICENCE_SUFFIXES:
        return "licence"
    return None


def _of_standard_library() -> Iterator[Source]:
    root = Path(sysconfig.get_paths()["stdlib"])
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for parent, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in TESTS | {"site-packages", "dist-packages", "__pycache__"}]
        for file in files:
            path = Path(parent, file)
            name = path.relative_to(root).as_posix()
            if path.suffix == ".py":
                yield Source("python", version, "topic" if name == "pydoc_data/topics.py" else "docstring", name, str(path))


def _spread(spark: SparkSession, sources: Sequence[Source]) -> DataFrame:
    frame = make_frame(spark, [tuple(s) for s in sources], SOURCE_SCHEMA)
    return frame.repartition(max(1, min(TASKS, len(sources))))


def _weigh(batch: RecordBatch) -> int:
    return int(batch.num_rows) * MODULE_BYTES


def _estimate(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    for batch in batches:
        paths = batch.column("path").to_pylist()
        yield pa.RecordBatch.from_pydict({"path": paths, "documents": [estimate(path) for path in paths]})


def _read(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    sources = (Source(**row) for batch in batches for row in batch.to_pylist())
    return in_batches(chain.from_iterable(map(_rows, sources)))


def _rows(source: Source) -> Iterator[Row]:
    """The texts of one file, or one row that says why it gives none."""
    slice = f"{source.package}/{source.kind}"
    blank = Row(source.package, None, source.name, f"{source.package}/{source.name}", None, slice, None)
    try:
        found = list(READERS[source.kind](source.path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = getattr(error, "strerror", None) or getattr(error, "msg", None) or type(error).__name__
        yield blank._replace(rule="broken_file", detail=said)
        return
    for part, line, text in found:
        key = f"{source.name}:{part}" if part else source.name
        yield blank._replace(key=key, line=line, text=text, metadata=f'{{"version": "{source.version}"}}')
