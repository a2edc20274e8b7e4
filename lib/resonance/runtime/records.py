"""Gathers what an assessment is handed beside the rows of a dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from resonance.core.dataset import DatasetContract
from resonance.core.files import hash_file
from resonance.core.records import DataFile, Records
from resonance.runtime.datasets import list_files
from resonance.runtime.licences import load_licences
from resonance.runtime.storage.folder import list_live_files, look_at_version
from resonance.runtime.storage.history import read_history

BOOKS = ("release_records", "ticket_log", "run_events", "run_metrics", "card", "archive_manifest", "raw_objects")
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
    known = Records(load_licences(), books=books, problems=problems, hash_file=lambda name: hash_file(folder / name))
    if data is None or not data.exists():
        return known
    if not (data / "_delta_log").is_dir():
        return replace(known, files=describe_files(list_files(data), data))
    return replace(
        known,
        history=read_history(data),
        look_at_version=lambda version: look_at_version(data, version),
        files=describe_files(list_live_files(data), data),
    )


def describe_files(files: Sequence[Path], data: Path) -> tuple[DataFile, ...]:
    """Files that hold rows, by their names below the dataset; one that is the dataset has its own name."""
    names = [file.name if file == data else file.relative_to(data).as_posix() for file in files]
    return tuple(DataFile(name, str(file.resolve()), file.stat().st_size) for name, file in zip(names, files, strict=True))


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
