"""Drafts the contract of a dataset that nobody described: every line that is guessed from the rows says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from resonance.assess.arrays import read_texts
from resonance.assess.columns import Column, Hashes, Holds
from resonance.assess.measure import measure
from resonance.assess.methods.promises import TYPES
from resonance.assess.methods.uniqueness import hash_words
from resonance.core.binding import Bound
from resonance.core.errors import InputError
from resonance.core.parts import SCALE, Part, estimate_distinct

GUESS = "  # guess"
FEW = 50
"""Distinct values that are listed as what a column may hold."""
ROWS_EACH = 10
"""Rows for each value that a list of values asks for."""
LONG = 40
"""Mean length in characters from which a column without a known name is taken for the text."""
ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "doc_id", "uuid", "row_id", "key"),
    "text": ("text", "content", "body", "document"),
    "content_hash": ("content_hash", "sha256", "hash"),
    "source_id": ("source_id", "source", "origin", "dataset"),
    "source_uri": ("source_uri", "url", "uri"),
    "lang": ("lang", "language"),
    "domain": ("domain", "topic", "subject"),
    "task": ("task", "task_type"),
    "label": ("label", "class", "category"),
    "licence": ("licence", "license"),
    "created_at": ("created_at", "published_at", "date", "published"),
    "collected_at": ("collected_at", "fetched_at", "crawled_at"),
    "available_at": ("available_at", "ingested_at"),
    "n_tokens": ("n_tokens", "token_count"),
    "prompt": ("prompt", "instruction", "question"),
    "response": ("response", "output", "answer"),
    "chosen": ("chosen",),
    "rejected": ("rejected",),
    "item": ("item", "item_id"),
    "annotator": ("annotator", "annotator_id", "worker_id"),
    "entity": ("entity", "sensor", "device_id"),
    "ts": ("ts", "timestamp"),
}
"""Names of columns that say which role they play."""
LISTS = {"lang": "languages", "domain": "domain_taxonomy", "task": "task_taxonomy", "label": "labels"}
"""What the values of a role are declared as."""


@dataclass(frozen=True)
class Length:
    """The length of a column's text in characters."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.utf8_length(read_texts(batch.column(self.name))).cast(pa.int64())


@dataclass(frozen=True)
class Seen:
    """What is seen of a column: rows with a value, distinct values, the mean length of texts, and its values where they are few."""

    name: str
    type: str
    present: int
    distinct: int
    length: float
    values: tuple[str, ...] = ()


def suggest_contract(rows: DataFrame, name: str) -> str:
    """A draft of the dataset's contract, as YAML. Reads the rows twice.

    Raises:
        InputError: there is no row or no column to describe.
    """
    many, columns = look_at_columns(rows)
    if not many or not columns:
        raise InputError("assess: there is no row to describe; a contract can only be drafted from rows")
    return "\n".join(write_contract(name, many, columns)) + "\n"


def look_at_columns(rows: DataFrame) -> tuple[int, list[Seen]]:
    """The number of rows, and what is seen of each column; of nested ones only whether they hold a value."""
    kinds = {field.name: _find_logical(field.dataType) for field in rows.schema.fields if "`" not in field.name}
    flat = [name for name, kind in kinds.items() if kind not in ("object", "array")]
    parts = {f"present {name}": Part("count", Holds(name)) for name in kinds}
    parts |= {f"distinct {name}": Part("distinct", Hashes(f"hash of {name}")) for name in flat}
    parts |= {f"length {name}": Part("sum", Length(name)) for name in flat if kinds[name] == "string"}
    expressions = {f"hash of {name}": hash_words(name) for name in flat}
    state = _look(rows, Bound(lambda _: None, parts, frozenset(kinds), expressions))
    many = state.get("rows", 0)
    distinct = {name: round(estimate_distinct(state[f"distinct {name}"])) for name in flat} if many else {}
    few = [
        name for name in flat if many and distinct[name] <= FEW and distinct[name] * ROWS_EACH <= many and kinds[name] != "number"
    ]
    tallies = _look(rows, Bound(lambda _: None, {name: Part("tally", Column(name)) for name in few}, frozenset(few))) if few else {}
    seen = [
        Seen(
            name,
            kind,
            state[f"present {name}"],
            distinct.get(name, 0),
            state.get(f"length {name}", 0) / SCALE / many,
            tuple(sorted(tallies.get(name) or ())),
        )
        for name, kind in kinds.items()
        if many
    ]
    return many, seen


def write_contract(name: str, many: int, columns: list[Seen]) -> Iterator[str]:
    """The lines of the draft."""
    roles = guess_roles(columns)
    played = {seen.name: role for role, seen in roles.items()}
    modalities = ["text"] if "text" in roles else []
    modalities += ["structured"] if len(columns) - len(roles) > 0 or not modalities else []
    modalities += ["labelled"] if "label" in roles else []
    modalities += ["instruction"] if {"prompt", "response"} <= set(roles) else []
    modalities += ["preference"] if {"chosen", "rejected"} <= set(roles) else []
    yield from (
        "apiVersion: v3.2.0",
        "kind: DataContract",
        f"id: {_spell(name)}",
        f"name: {_spell(name)}",
        "version: 0.1.0",
        "status: draft",
    )
    yield "customProperties:"
    yield f"- {{property: adaqStage, value: general, vendor: adaq}}{GUESS}: pretraining, sft, rlhf or domain weigh otherwise"
    yield f"- {{property: adaqModalities, value: {_spell(modalities)}, vendor: adaq}}{GUESS}"
    yield from ("- property: adaqRoles", "  vendor: adaq", "  value:" + ("" if roles else " {}"))
    yield from (f"    {role}: {_spell(seen.name)}{GUESS}" for role, seen in roles.items())
    yield from ("- property: adaqDeclared", "  vendor: adaq", "  value:")
    yield f"    min_rows: {many}{GUESS}: as many as there are now"
    yield from (
        f"    {LISTS[role]}: {_spell(seen.values)}{GUESS}: what occurs"
        for role, seen in roles.items()
        if role in LISTS and seen.values
    )
    yield from ("schema:", f"- name: {_spell(name)}", "  properties:")
    for seen in columns:
        yield f"  - name: {_spell(seen.name)}"
        yield f"    logicalType: {seen.type}"
        if seen.present == many:
            yield f"    required: true{GUESS}: no row lacks it"
        if seen.values and seen.type == "string" and played.get(seen.name) != "source_id":
            yield f"    enum: {_spell([{'value': value} for value in seen.values])}{GUESS}: what occurs"


def guess_roles(columns: list[Seen]) -> dict[str, Seen]:
    """Columns by the role that their name says; the longest texts are the text where no name says so."""
    by_name = {seen.name.lower(): seen for seen in columns}
    roles = {role: by_name[name] for role, names in ROLES.items() if (name := next((n for n in names if n in by_name), None))}
    taken = {seen.name for seen in roles.values()}
    long = [seen for seen in columns if seen.type == "string" and seen.length >= LONG and seen.name not in taken]
    if "text" not in roles and long:
        roles["text"] = max(long, key=lambda seen: (seen.length, seen.name))
    return roles


def _look(rows: DataFrame, bound: Bound) -> Mapping[str, Any]:
    found = measure(rows, {"columns": bound})
    return found[()]["columns"] if found else {}


def _find_logical(kind: T.DataType) -> str:
    """The logical type whose values have this type: the narrowest."""
    return next((logical for logical, types in TYPES.items() if isinstance(kind, types)), "object")


def _spell(value: Any) -> str:
    """A value as JSON, which YAML reads as it is."""
    return json.dumps(value, ensure_ascii=True)
