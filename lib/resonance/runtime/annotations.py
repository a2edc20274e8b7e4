"""Finds recipes of annotations by name or by file, and names the models in their folder by what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resonance.core.annotation import AnnotationRecipe, parse_annotations
from resonance.core.errors import ConfigError
from resonance.core.files import plain_path
from resonance.runtime.recipes import list_recipes, read_recipe

FOLDER, WHAT = "annotations", "recipe of annotations"


def load_annotations(given: str) -> AnnotationRecipe:
    """The recipe called ``given``, or written in the file ``given``.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    return parse_annotations(read_recipe(FOLDER, WHAT, given), given)


def known_annotations() -> tuple[str, ...]:
    """Names of the recipes that travel with the code."""
    return list_recipes(FOLDER)


def read_recipes(settings: Mapping[str, Any]) -> dict[str, Any]:
    """These settings with the recipes that they name read, and the hash of each model that lies in their folder.

    Raises:
        ConfigError: there is no such recipe, or the folder of models is not there.
    """
    given = settings.get("recipes", ())
    if not isinstance(given, list | tuple):
        raise ConfigError("configuration: annotate.recipes: must be a list of names or files, such as [english]")
    recipes = tuple(load_annotations(recipe) if isinstance(recipe, str) else recipe for recipe in given)
    folder, contents = settings.get("models") or "", {}
    if folder:
        if not Path(folder).expanduser().is_dir():
            raise ConfigError(f"configuration: annotate.models: {folder} is no folder")
        folder = str(plain_path(Path(folder)))
        named = {name for recipe in recipes if isinstance(recipe, AnnotationRecipe) for name in recipe.models}
        places = {name: Path(folder) / name for name in sorted(named)}
        contents = {name: hash_folder(place) for name, place in places.items() if place.is_dir()}
    return {**settings, "recipes": recipes, "models": folder, "contents": contents}


def hash_folder(folder: Path) -> str:
    """The first 64 bits of a SHA-256 over the names and bytes of a folder's files, in hexadecimal digits."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_"))):
        whole.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]
