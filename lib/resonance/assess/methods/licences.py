"""Licences: whether those of the sources allow what the dataset is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from resonance.assess.arrays import read_texts
from resonance.assess.columns import IsAmong
from resonance.assess.methods.kinds import Where
from resonance.assess.methods.shares import bind_share
from resonance.assess.methods.texts import count_tokens
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.parts import Part, State


@dataclass(frozen=True)
class Permits:
    """Whether a column's licence is one of these, or made of them; null is not."""

    name: str
    licences: frozenset[str]

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow as pa

        found = read_texts(batch.column(self.name)).dictionary_encode()
        verdicts = pa.array([permits(licence, self.licences) for licence in found.dictionary.to_pylist()], pa.bool_())
        return verdicts.take(found.indices).fill_null(False)


def permits(expression: str, licences: frozenset[str]) -> bool:
    """Whether a licence, or an SPDX expression of licences with AND and OR but no brackets, is allowed.

    An exception behind WITH only ever allows more, and is passed over. Licences are compared in small letters.
    """
    choices = re.split(r"\s+or\s+", expression.strip().lower())
    return any(
        all(part.partition(" with ")[0].strip() in licences for part in re.split(r"\s+and\s+", choice)) for choice in choices
    )


def bind_compatibility(asked: Asked) -> Bound:
    """Tokens of rows whose licence allows the purpose of the dataset, of all tokens; rows where there is no text.

    The licence is that of the row, or of its source in the ledger.
    """
    licences = list_allowing(asked)
    if asked.contract.roles.get("licence") is None and (sources := _list_sources(asked, licences)) is not None:
        column = asked.column("source_id")
        flag: Any = IsAmong(column, sources)
    else:
        column = asked.column("licence")
        flag = Permits(column, licences)
    shared = bind_share(asked, flag, frozenset({column}))
    if not {"n_tokens", "text"} & set(asked.contract.roles):
        return shared
    tokens, reads, sets = count_tokens(asked, 1.5, 4.0)
    parts = {**shared.parts, "allowed": Part("sum", Where(flag, tokens)), "tokens": Part("sum", tokens)}

    def judge(state: State) -> Finding | None:
        share = state["allowed"] / state["tokens"] if state["tokens"] else None
        return None if share is None else Finding(share, share)

    return Bound(judge, parts, shared.reads | reads, signals=sets)


def list_allowing(asked: Asked) -> frozenset[str]:
    """Licences that allow the declared purpose, in small letters: those of the matrix, and those that the contract adds or denies.

    Raises:
        UnmeasurableError: no purpose is declared, or it is an unknown one.
    """
    purpose, matrix = str(asked.declared("purpose")), asked.records.licences
    own = asked.contract.declared.get("licence_matrix") or {}
    if not isinstance(own, Mapping) or not all(isinstance(purposes, list) for purposes in own.values()):
        raise UnmeasurableError("licence_matrix in adaqDeclared must list the purposes that each licence allows")
    known = {*matrix, *(str(name) for purposes in own.values() for name in purposes)}
    if purpose not in known:
        raise UnmeasurableError(f"purpose in adaqDeclared must be one of {', '.join(sorted(known)) or 'those of a licence_matrix'}")
    allowed = {licence.lower() for licence, purposes in own.items() if purpose in purposes}
    return frozenset({*allowed, *(matrix.get(purpose, frozenset()) - {licence.lower() for licence in own})})


def _list_sources(asked: Asked, licences: Iterable[str]) -> frozenset[str] | None:
    """Sources whose licence in the ledger is allowed; None where the ledger names no licence."""
    ledger = asked.contract.declared.get("source_ledger")
    entries = {name: entry for name, entry in ledger.items() if isinstance(entry, Mapping)} if isinstance(ledger, Mapping) else {}
    if not any("licence" in entry for entry in entries.values()):
        return None
    return frozenset(str(name) for name, entry in entries.items() if permits(str(entry.get("licence", "")), frozenset(licences)))
