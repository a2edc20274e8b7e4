"""Gathers what an assessment is handed beside the rows of a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from resonance.core.dataset import DatasetContract
from resonance.core.errors import ConfigError
from resonance.core.records import Records
from resonance.runtime.recipes import read_recipe
from resonance.runtime.storage.folder import look_at_version
from resonance.runtime.storage.history import read_history

BOOKS = ("release_records", "ticket_log", "run_events", "run_metrics", "card")
"""Declarations of a contract that name a file."""


def open_records(contract: DatasetContract, folder: Path, data: Path | None) -> Records:
    """What is known of a dataset beside its rows.

    Args:
        contract: it names files of records.
        folder: where the contract lies; names of files are relative to it.
        data: where the dataset lies; None where it is a frame.
    """
    books: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in BOOKS:
        given = contract.declared.get(name)
        if given is None:
            continue
        try:
            books[name] = read_book(folder / str(given))
        except OSError as error:
            problems[name] = f"cannot read file {given}: {error.strerror}"
        except (ValueError, yaml.YAMLError):
            problems[name] = f"file {given} is no JSON, JSON lines or YAML"
    if data is None or not (data / "_delta_log").is_dir():
        return Records(load_licences(), books=books, problems=problems)
    return Records(
        load_licences(),
        books=books,
        problems=problems,
        history=read_history(data),
        look_at_version=lambda version: look_at_version(data, version),
    )


def read_book(file: Path) -> Any:
    """What a file holds: JSON or YAML, or one JSON value a line, by its extension.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file.
        YAMLError: the same.
    """
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return yaml.safe_load(text) if file.suffix.lower() in (".yaml", ".yml") else json.loads(text)


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
