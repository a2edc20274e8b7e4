"""Finds profiles of assessments by name or by file."""

from __future__ import annotations

from resonance.core.profile import Profile, parse_profile
from resonance.runtime.recipes import list_recipes, read_recipe


def load_profile(given: str, operators: frozenset[str]) -> Profile:
    """The profile called ``given``, or written in the file ``given``.

    Args:
        given: a name, or a file.
        operators: the ids of all operators.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    return parse_profile(read_recipe("profiles", "profile", given), given, operators)


def known_profiles() -> tuple[str, ...]:
    """Names of the profiles that travel with the code."""
    return list_recipes("profiles")
