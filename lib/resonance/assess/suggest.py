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
from resonance.assess.contracts import parse_dataset
from resonance.assess.guesses import Seen, guess_declared, guess_modalities, guess_roles, guess_strata, guess_unit, is_personal
from resonance.assess.hints import list_hints
from resonance.assess.measure import measure
from resonance.assess.methods.promises import TYPES
from resonance.assess.methods.uniqueness import hash_words
from resonance.assess.operators import BY_ID
from resonance.core.binding import Bound
from resonance.core.errors import InputError
from resonance.core.parts import SCALE, Part, estimate_distinct

GUESS = "  # guess"
FEW = 50
"""Distinct values that are listed as what a column may hold."""
ROWS_EACH = 10
"""Rows for each value that a list of values asks for."""
HAN = 3
"""Bytes of a Han character."""


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
class Size:
    """The size of a column's text in bytes."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.binary_length(read_texts(batch.column(self.name))).cast(pa.int64())


def suggest_contract(rows: DataFrame, name: str) -> str:
    """A draft of the dataset's contract, as YAML. Reads the rows twice.

    Raises:
        InputError: there is no row or no column to describe.
    """
    many, columns = look_at_columns(rows)
    if not many or not columns:
        raise InputError("assess: there is no row to describe; a contract can only be drafted from rows")
    draft = "\n".join(write_contract(name, many, columns)) + "\n"
    return draft + "\n".join(list_hints(rows, parse_dataset(draft, "the draft"))) + "\n"


def look_at_columns(rows: DataFrame) -> tuple[int, list[Seen]]:
    """The number of rows, and what is seen of each column; of nested ones only whether they hold a value."""
    kinds = {field.name: _find_logical(field.dataType) for field in rows.schema.fields if "`" not in field.name}
    flat = [name for name, kind in kinds.items() if kind not in ("object", "array")]
    parts = {f"present {name}": Part("count", Holds(name)) for name in kinds}
    parts |= {f"distinct {name}": Part("distinct", Hashes(f"hash of {name}")) for name in flat}
    texts = [name for name in flat if kinds[name] == "string"]
    parts |= {f"length {name}": Part("sum", Length(name)) for name in texts}
    parts |= {f"size {name}": Part("sum", Size(name)) for name in texts}
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
            estimate_tokens(state.get(f"length {name}", 0) // SCALE, state.get(f"size {name}", 0) // SCALE),
            tallies.get(name) or {},
        )
        for name, kind in kinds.items()
        if many
    ]
    return many, seen


def write_contract(name: str, many: int, columns: list[Seen]) -> Iterator[str]:
    """The lines of the draft."""
    roles, strata = guess_roles(columns), guess_strata(guess_roles(columns))
    played = {seen.name: role for role, seen in roles.items()}
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
    yield f"- {{property: adaqModalities, value: {_spell(guess_modalities(columns, roles))}, vendor: adaq}}{GUESS}"
    if strata:
        yield f"- {{property: adaqStrata, value: {_spell([seen.name for seen in strata])}, vendor: adaq}}{GUESS}"
    yield from ("- property: adaqRoles", "  vendor: adaq", "  value:" + ("" if roles else " {}"))
    yield from (f"    {role}: {_spell(seen.name)}{GUESS}" for role, seen in roles.items())
    yield from ("- property: adaqDeclared", "  vendor: adaq", "  value:")
    yield from (f"    {key}: {_spell(value)}{GUESS}: {whence}" for key, value, whence in guess_declared(many, columns, roles))
    yield from ("schema:", f"- name: {_spell(name)}", "  properties:")
    for seen in columns:
        yield from write_column(seen, many, played.get(seen.name))


def write_column(seen: Seen, many: int, role: str | None) -> Iterator[str]:
    """The lines of one column; what it means is left to people."""
    yield f"  - name: {_spell(seen.name)}"
    yield f"    logicalType: {seen.type}"
    yield "    # description: WHAT IT HOLDS, in ten characters or more"
    if seen.present == many:
        yield f"    required: true{GUESS}: no row lacks it"
    if seen.values and seen.type == "string" and role != "source_id":
        yield f"    enum: {_spell([{'value': value} for value in seen.values])}{GUESS}: what occurs"
    if seen.values:
        yield f"    examples: {_spell(list(seen.values[:1]))}{GUESS}: what occurs"
    if unit := guess_unit(seen):
        yield f"    customProperties: [{{property: unit, value: {_spell(unit)}}}]{GUESS}: by its name"
    if is_personal(seen):
        yield f"    classification: confidential{GUESS}: by its name"


def estimate_tokens(characters: int, size: int) -> int:
    """About how many tokens texts have: whatever takes more bytes than characters is taken for Han characters."""
    han, given = (size - characters) / (HAN - 1), BY_ID["token_budget_attainment"].defaults
    return round(han / float(given["chars_per_han_token"]) + (size - HAN * han) / float(given["bytes_per_other_token"]))


def _look(rows: DataFrame, bound: Bound) -> Mapping[str, Any]:
    found = measure(rows, {"columns": bound})
    return found[()]["columns"] if found else {}


def _find_logical(kind: T.DataType) -> str:
    """The logical type whose values have this type: the narrowest."""
    return next((logical for logical, types in TYPES.items() if isinstance(kind, types)), "object")


def _spell(value: Any) -> str:
    """A value as JSON, which YAML reads as it is."""
    return json.dumps(value, ensure_ascii=True)
