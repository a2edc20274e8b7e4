"""Finds recipes: YAML files with names and versions that travel with the code, or that a user wrote."""

from __future__ import annotations

from pathlib import Path

import yaml

from resonance.core.errors import ConfigError
from resonance.runtime import resources


def read_recipe(folder: str, what: str, given: str) -> object:
    """What the recipe called ``given`` holds, or the file ``given``.

    Args:
        folder: the folder of ``conf`` that recipes of this kind stand in.
        what: what errors call one of them.
        given: a name, or a file.

    Raises:
        ConfigError: there is none, or it is no YAML.
    """
    text = read_file(find_recipe(folder, what, given), what)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{what} {given} is no YAML: {' '.join(str(error).split())}") from None


def find_recipe(folder: str, what: str, given: str) -> Path:
    """The file of a recipe.

    Raises:
        ConfigError: there is none.
    """
    path = Path(given)
    if given in list_recipes(folder):
        return resources.folder("conf") / folder / f"{given}.yaml"
    if not path.is_file() and path.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"unknown {what} {given!r}: choose one of {', '.join(list_recipes(folder))}, or give a YAML file")
    return path


def read_file(path: Path, what: str) -> str:
    """The text of a file that a setting names.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {what} {path}: {getattr(error, 'strerror', None) or error}") from None


def list_recipes(folder: str) -> tuple[str, ...]:
    """Names of the recipes of one kind that travel with the code."""
    return tuple(sorted(path.stem for path in (resources.folder("conf") / folder).glob("*.yaml")))
