"""Pieces of a dataset: rows that are read together, or not at all where what was gathered of them before still holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from resonance.assess.measure import States, Stratum, measure, merge_strata, order_strata
from resonance.assess.operators import BY_ID
from resonance.core.binding import Bound
from resonance.core.hashes import hash_text
from resonance.tables import SIGNAL_SETS

ROWS = ""
"""Stands among operators for the number of rows."""
NOTHING = Bound(lambda _: None)
"""Gathers nothing but that."""


@dataclass(frozen=True)
class Piece:
    """Some rows of a dataset.

    Args:
        name: what the piece is called among those of the dataset.
        mark: a hash of what is in it.
        version: the version of the dataset that it was first read from.
    """

    name: str
    mark: str
    rows: DataFrame
    version: str = ""


@dataclass(frozen=True)
class Gathered:
    """What operators gathered over one piece.

    Args:
        asked: by operator, a hash of what it gathers and how.
        rows: how many there are of each stratum.
        states: the states of operators, by stratum.
    """

    name: str
    mark: str
    version: str
    asked: Mapping[str, str]
    rows: Mapping[Stratum, int] = field(default_factory=dict)
    states: Mapping[Stratum, States] = field(default_factory=dict)


def gather_pieces(
    pieces: Sequence[Piece], bounds: Mapping[str, Bound], by: Sequence[str], text: str | None, known: Iterable[Gathered] = ()
) -> tuple[list[Gathered], int]:
    """What bound operators gather over each piece, and how many rows were read for it: none where ``known`` says it all.

    Args:
        pieces: those of one dataset, no row in two of them.
        bounds: the operators by id.
        by: columns of strata.
        text: the column on which signals are measured.
        known: what was gathered before.
    """
    asked = {id: hash_bound(id, bound, by, text) for id, bound in bounds.items() if bound.parts}
    before = {(found.name, found.mark): found for found in known}
    done, read = [], 0
    for piece in pieces:
        old = before.get((piece.name, piece.mark), Gathered(piece.name, piece.mark, piece.version, {}))
        kept = {id for id, given in asked.items() if old.asked.get(id) == given}
        lacking = {id: bounds[id] for id in asked if id not in kept}
        rows = old.rows
        states: dict[Stratum, States] = {key: {id: found[id] for id in kept} for key, found in old.states.items()}
        if lacking or not rows:
            measured = measure(piece.rows, {**lacking, ROWS: NOTHING}, by, text)
            rows = {key: found[ROWS]["rows"] for key, found in measured.items()}
            states = {key: {**states.get(key, {}), **{id: found[id] for id in lacking}} for key, found in measured.items()}
            read += sum(rows.values())
        done.append(Gathered(piece.name, piece.mark, old.version, asked, rows, states))
    return done, read


def merge_pieces(pieces: Iterable[Gathered], bounds: Mapping[str, Bound]) -> dict[Stratum, States]:
    """The states of all bound operators over all pieces together, by stratum."""
    by: dict[Stratum, list[States]] = {}
    for piece in pieces:
        for stratum, found in piece.states.items():
            by.setdefault(stratum, []).append({id: found.get(id, {"rows": piece.rows[stratum]}) for id in bounds})
    return {stratum: merge_strata(dict(enumerate(by[stratum])), bounds) for stratum in sorted(by, key=order_strata)}


def hash_bound(id: str, bound: Bound, by: Sequence[str], text: str | None) -> str:
    """A hash of what an operator gathers: equal ones gather the same of the same rows."""
    sets = {name: SIGNAL_SETS[name].version for name in bound.signals}
    said = describe([BY_ID[id].version, bound.parts, bound.expressions, sets, list(by), text if sets else None])
    return hash_text(json.dumps(said, sort_keys=True, ensure_ascii=False))


def describe(value: Any) -> Any:
    """A value as JSON has it, the same in every process: what computes is named, sets are in order."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, {one.name: describe(getattr(value, one.name)) for one in fields(value)}]
    if isinstance(value, Mapping):
        return {str(name): describe(held) for name, held in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(describe(held), sort_keys=True) for held in value)
    if isinstance(value, list | tuple):
        return [describe(held) for held in value]
    if isinstance(value, partial):
        return describe([value.func, value.args, value.keywords])
    if callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
