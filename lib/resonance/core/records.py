"""What is known of a dataset beside its rows: its versions, the records that people keep of it, and what licences allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Change:
    """One commit of a table's history.

    Args:
        note: what was said of it, by name: ``author``, ``reason``, ``run``, ``code``, where it was said.
        changes_rows: whether rows came, went or changed; what compacts files does not.
    """

    version: int
    at: datetime
    note: Mapping[str, str] = field(default_factory=dict)
    changes_rows: bool = True


@dataclass(frozen=True)
class Run:
    """One run of a job that reads and writes tables.

    Args:
        ended: None where it is not known to have finished.
        inputs: versions of what it read, by name; None where the record has no version.
        outputs: the same of what it wrote.
        code: what names the code, such as a commit; empty where the record does not say.
        has_params: whether its parameters are on record.
    """

    id: str
    started: datetime | None = None
    ended: datetime | None = None
    inputs: Mapping[str, str | None] = field(default_factory=dict)
    outputs: Mapping[str, str | None] = field(default_factory=dict)
    code: str = ""
    has_params: bool = False


class DataFile(NamedTuple):
    """A file that holds rows: its name below the folder of the dataset, where it lies, its size in bytes."""

    name: str
    path: str
    size: int


@dataclass(frozen=True)
class Records:
    """What an assessment is handed beside the rows; each part is empty, or None, where nothing tells.

    Args:
        licences: for each purpose of use, the licences that allow it, in small letters.
        simplify: from a Chinese text to its simplified form.
        books: what files hold that the contract names, by the name of the declaration: lists of entries, or one entry.
        problems: why a file that the contract names cannot be used, by the name of the declaration.
        tables: other tables that the contract names, by name.
        table_problems: why one of them cannot be opened, by name.
        history: commits of the table, the oldest first.
        runs: those that wrote the table, where it is known of them without a file that the contract names.
        look_at_version: the rows that a version should hold, and those that are found in its files; None for what cannot be told.
        files: those that hold the rows; None where nothing tells, as of a frame.
        count_redundant: how many texts of rows are like another that stays, from the columns of ids and texts, the least Jaccard
            similarity and the words of a shingle; None of too many texts. Where it is None itself, nobody looks for them.
        hash_file: the SHA-256 of a file in hexadecimal digits, None where it cannot be read; paths are relative to the contract.
    """

    licences: Mapping[str, frozenset[str]] = field(default_factory=dict)
    simplify: Callable[[str], str] = str
    books: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, DataFrame] = field(default_factory=dict)
    table_problems: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[Change] | None = None
    runs: Sequence[Run] | None = None
    look_at_version: Callable[[int], tuple[int | None, int | None]] | None = None
    files: Sequence[DataFile] | None = None
    count_redundant: Callable[[DataFrame, str, str, float, int], int | None] | None = None
    hash_file: Callable[[str], str | None] | None = None
