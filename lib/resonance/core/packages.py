"""Our package and those that come with it: what the demo reads, the same whatever else is installed beside them."""

from __future__ import annotations

import re
from importlib import metadata

OWN = "resonance-factory"
NAME = re.compile(r"[\w.-]+")


def find_packages() -> dict[str, metadata.Distribution]:
    """All that ours names, what that names, and so on, by name; extras, ours included, are left out."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [OWN]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        named = [text for text in found[name].requires or () if "extra" not in text.partition(";")[2]]
        waiting += [plain_name(match[0]) for text in named if (match := NAME.match(text))]
    found.pop(OWN, None)
    return found


def name_software() -> str:
    """Name and version of this product."""
    return f"resonance {metadata.version(OWN)}"


def plain_name(name: str) -> str:
    """A name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
