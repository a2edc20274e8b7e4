"""What the contract of a dataset promises an assessment: roles of columns, declared lists, rules, parameters of operators.

Source: Open Data Contract Standard v3.2.0; custom properties whose names begin with ``adaq`` hold what it has no place for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STAGES = ("general", "pretraining", "sft", "rlhf", "domain")
MODALITIES = (
    *("text", "structured", "time-series", "image", "audio", "video", "multimodal", "labelled", "instruction", "preference"),
    *("dialogue", "chain-of-thought", "math", "code", "SQL", "web-text", "image-text"),
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "reference_table": ("table", "key", "columns"),
    "upstream": ("table", "key"),
    "public_registry": ("table", "column"),
    "reference_index": ("table", "column"),
    "replay": ("table", "key", "hash"),
    "terminology": ("terms", "deprecated", "forbidden"),
    "licence_terms": ("name", "text", "uses", "contact"),
    "naming_rules": ("table", "columns", "files", "version", "partitions", "manifest"),
    "checker": ("kind", "setup"),
}
"""What declarations hold that have names and values."""
ENTRIES: Mapping[str, tuple[str, ...]] = {
    "source_ledger": ("basis", "evidence", "origin", "licence"),
    "knowledge_index": ("aliases", "weight"),
    "examples": ("select", "where"),
}
"""The same of declarations that have such an entry for each name, or list such entries."""


@dataclass(frozen=True)
class Promise:
    """What a contract promises of one column.

    Args:
        type: its logical type in the words of ODCS.
        rules: what values must keep to: ``enum``, ``pattern``, ``minimum``, ``maximum``, ``minLength``, ``maxLength``.
        missing: values that stand for none.
        classification: how sensitive the column is; empty where nothing is said.
    """

    name: str
    type: str
    physical: str = ""
    required: bool = False
    rules: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    classification: str = ""
    description: str = ""
    examples: tuple[Any, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Choice:
    """What a contract sets of one operator."""

    params: Mapping[str, Any] = field(default_factory=dict)
    floor: float | None = None


@dataclass(frozen=True)
class Relationship:
    """A promise that the values of columns are keys of a table."""

    columns: tuple[str, ...]
    table: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class DatasetContract:
    """What the contract of a dataset says.

    Args:
        stage: what the dataset is for; names the profile of weights.
        modalities: kinds of data that it holds.
        roles: columns by the role that they play.
        declared: lists and figures by name, such as the domains that the dataset should cover.
        invariants: claims about each row, as SQL expressions by name.
        choices: what it sets of operators, by id.
        not_applicable: metrics that have no meaning for the dataset, with the reason and who approved it.
        strata: columns whose equal values make a stratum.
        relationships: columns that hold keys of a table, this one or another; empty where it says that none does, None where it
            says nothing.
        terms: top-level parts of the document, such as ``support`` and ``team``.
        unread: quality rules that no assessment reads, with their kind.
    """

    table: str
    version: str
    stage: str
    modalities: frozenset[str]
    columns: tuple[Promise, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
    invariants: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    not_applicable: Mapping[int, str] = field(default_factory=dict)
    strata: tuple[str, ...] = ()
    relationships: tuple[Relationship, ...] | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
