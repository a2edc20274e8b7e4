"""Tells whether sources changed since they were read, without reading them."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterator
from glob import glob
from pathlib import Path

from resonance.core.settings import IngestSettings


def fingerprint(settings: IngestSettings) -> str:
    """A hash over what the sources are now: names, sizes and times of local files, or the installed packages of the demo.

    Files on object storage count by their name only: a changed object under an old name needs a new batch name.
    """
    lines = sorted(_packages() if settings.demo else (line for name in settings.inputs for line in _files(name)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _packages() -> Iterator[str]:
    for package in importlib.metadata.distributions():
        yield f"{package.name} {package.version}"


def _files(name: str) -> Iterator[str]:
    found = [Path(path) for path in glob(name, recursive=True)]
    if not found:
        yield name
    for path in found:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                state = file.stat()
                yield f"{file} {state.st_size} {state.st_mtime_ns}"
