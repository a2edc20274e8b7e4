"""An operator and a table: what the operator asks of the table, and what is gathered for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from resonance.core.dataset import FIELDS
from resonance.core.parts import Part, State
from resonance.core.records import Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from resonance.core.dataset import DatasetContract


NESTED = ("array", "map", "struct")


class UnmeasurableError(Exception):
    """The operator applies, but something that it needs is missing; the message says what to supply."""


class InapplicableError(Exception):
    """The operator has no meaning under what the contract declares."""


@dataclass(frozen=True)
class Finding:
    """What an operator makes of a state.

    Args:
        raw: the number that the score was made from.
        examined: rows that were looked at; None for all of them.
        lcb: lower 95 % bound of the score; None where it is the score.
        empty: share of the rows that count against the score because they hold nothing.
        recount: whether the score is too close to a bound for the error of a sketch.
    """

    score: float
    raw: float
    examined: int | None = None
    lcb: float | None = None
    recount: bool = False
    empty: float = 0.0


@dataclass(frozen=True)
class Bound:
    """An operator that is bound to a table.

    Args:
        judge: from the state of some rows to a finding; the state also holds their number as ``rows``. None where there is nothing
            to divide by.
        parts: what is gathered, by name.
        reads: columns that the parts look at.
        expressions: SQL expressions that the parts look at as columns of these names.
        conditions: those of the expressions that a contract states: each must be true or false.
        own: what takes a shuffle of its own: queries over all rows, whose few results join the state. It has no strata.
        look_up: what the scan's state asks of other tables; its answers join the state. It has no strata.
        exactly: SQL expression whose distinct values are counted exactly, in a shuffle of its own, where the finding asks for it.
        whole: whether it speaks of all rows together alone, and of no stratum.
        signals: sets of signals that the parts look at as columns ``<set>.<signal>``, measured on the column of role ``text``.
    """

    judge: Callable[[State], Finding | None]
    parts: Mapping[str, Part] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    expressions: Mapping[str, str] = field(default_factory=dict)
    signals: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    own: Callable[[DataFrame], Mapping[str, Any]] | None = None
    look_up: Callable[[State], Mapping[str, Any]] | None = None
    exactly: str | None = None
    whole: bool = False


@dataclass(frozen=True)
class Asked:
    """What an operator may ask while it is bound.

    Args:
        params: its parameters: the defaults, and what the contract sets.
        now: the moment at which ages are taken.
        records: what is known beside the rows.
    """

    contract: DatasetContract
    schema: StructType
    params: Mapping[str, Any]
    now: datetime
    records: Records = field(default_factory=Records)

    def column(self, role: str) -> str:
        """The column that plays a role.

        Raises:
            UnmeasurableError: there is none, or it holds lists, maps or structs.
        """
        name = self.contract.roles.get(role)
        if name is None:
            raise UnmeasurableError(f"no column plays the role {role}: name one in adaqRoles of the contract")
        if self.column_or_none(role) is None:
            self.check(name)
            raise UnmeasurableError(f"column {name} is nested: the role {role} needs one of single values")
        return name

    def check(self, name: str) -> str:
        """The column, where the table has it.

        Raises:
            UnmeasurableError: it has not.
        """
        if name not in self.schema.names:
            raise UnmeasurableError(f"the table has no column {name}")
        return name

    def column_or_none(self, role: str) -> str | None:
        """The column that plays a role, where there is one of single values."""
        name = self.contract.roles.get(role)
        if name not in self.schema.names:
            return None
        return None if self.schema[name].dataType.typeName() in NESTED else name

    @property
    def holds_texts(self) -> bool:
        """Whether the contract declares texts; else rows are records, whose columns say all."""
        return "structured" not in self.contract.modalities or "text" in self.contract.modalities

    def list_single(self, kind: str = "") -> list[str]:
        """Columns of single values, of one type where it is named."""
        types = {field.name: field.dataType.typeName() for field in self.schema.fields}
        return [name for name, type in types.items() if type not in NESTED and kind in ("", type)]

    def declared(self, name: str) -> Any:
        """What the contract declares under a name.

        Raises:
            UnmeasurableError: nothing.
        """
        if name not in self.contract.declared:
            raise UnmeasurableError(f"the contract declares no {name}: add it to adaqDeclared")
        return self.contract.declared[name]

    def fields(self, name: str) -> list[Any]:
        """The values of a declaration that must have all of its ``FIELDS``, in their order.

        Raises:
            UnmeasurableError: one of them is missing.
        """
        given = self.declared(name)
        values = [given.get(field) for field in FIELDS[name]] if isinstance(given, Mapping) else []
        if not values or not all(values):
            raise UnmeasurableError(f"{name} in adaqDeclared must name {', '.join(FIELDS[name])}")
        return values


Binder = Callable[[Asked], Bound]
"""Binds an operator to a table; raises UnmeasurableError or InapplicableError where that cannot be."""
