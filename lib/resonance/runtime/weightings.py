"""Finds weightings by name or by file."""

from __future__ import annotations

from resonance.core.weighting import Weighting, parse
from resonance.runtime.recipes import list_recipes, read_recipe


def load_weighting(given: str) -> Weighting:
    """The weighting called ``given``, or written in the file ``given``.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    return parse(read_recipe("weightings", "weighting", given), given)


def known_weightings() -> tuple[str, ...]:
    """Names of the weightings that travel with the code."""
    return list_recipes("weightings")
