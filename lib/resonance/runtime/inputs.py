"""Tells whether sources changed since they were read, without reading them."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterator

from resonance.core.settings import IngestSettings
from resonance.core.sources import find_states


def fingerprint(settings: IngestSettings) -> str:
    """A hash over what the sources are now: names, sizes and times of files, or the installed packages of the demo.

    Raises:
        InputError: an input cannot be found.
    """
    lines = sorted(_packages() if settings.demo else find_states(settings.inputs))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _packages() -> Iterator[str]:
    for package in importlib.metadata.distributions():
        yield f"{package.name} {package.version}"
