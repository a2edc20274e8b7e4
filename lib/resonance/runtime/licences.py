"""Which purposes of use each licence allows, as the matrix of licences says."""

from __future__ import annotations

from collections.abc import Mapping

from resonance.core.errors import ConfigError
from resonance.runtime.recipes import read_recipe


def load_licences(given: str = "published") -> dict[str, frozenset[str]]:
    """For each purpose of use, the names of licences that allow it, in small letters.

    Args:
        given: the name of a matrix, or a file.

    Raises:
        ConfigError: there is none, or it is of another form.
    """
    matrix = read_recipe("licences", "matrix of licences", given)
    licences = matrix.get("licences") if isinstance(matrix, Mapping) else None
    if not isinstance(licences, Mapping) or not all(isinstance(each, Mapping) and each.get("allows") for each in licences.values()):
        raise ConfigError(f"matrix of licences {given}: it must list licences, each with the purposes that it allows")
    found: dict[str, set[str]] = {}
    for licence, about in licences.items():
        for purpose in about["allows"]:
            found.setdefault(str(purpose), set()).update(str(name).lower() for name in (licence, *about.get("also", ())))
    return {purpose: frozenset(names) for purpose, names in found.items()}
