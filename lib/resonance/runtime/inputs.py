"""Tells whether sources changed since they were read, without reading them."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from resonance.core.hashes import hash_text
from resonance.core.packages import find_packages
from resonance.core.settings import IngestSettings
from resonance.core.sources import find_states


def fingerprint(settings: IngestSettings) -> str:
    """A hash over what the sources are now: names, sizes and times of files, or the packages that the demo reads.

    Raises:
        InputError: an input cannot be found.
    """
    lines = sorted(_packages() if settings.demo else find_states(settings.inputs))
    return hash_text("\n".join(lines))


def _packages() -> Iterator[str]:
    yield f"python {platform.python_version()}"
    for name, package in find_packages().items():
        yield f"{name} {package.version}"
