"""Completeness: whether what a table should hold is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Self

from pyspark.sql import Column
from pyspark.sql import functions as F

from resonance.core.contract import Contract
from resonance.core.metric import Additive, Precondition, State, has_columns


@dataclass(frozen=True)
class Completeness(Additive):
    """Completeness is the share of rows in which ``column`` is not null."""

    column: str

    @classmethod
    def of(cls, contract: Contract) -> tuple[Self, ...]:
        """One for each column."""
        return tuple(cls(column.name) for column in contract.columns)

    @property
    def name(self) -> str:
        """The metric with its column."""
        return f"completeness[{self.column}]"

    @property
    def preconditions(self) -> tuple[Precondition, ...]:
        """The column."""
        return (has_columns(self.column),)

    def aggregates(self) -> Mapping[str, Column]:
        """Rows with a value, and all rows."""
        return {"present": F.count(F.col(self.column)), "rows": F.count(F.lit(1))}

    def value(self, state: State) -> float | None:
        """The share of the rows."""
        return state["present"] / state["rows"] if state["rows"] else None


@dataclass(frozen=True)
class CompleteRecords(Additive):
    """Complete records is the share of rows in which none of ``columns`` is null."""

    columns: tuple[str, ...]

    @classmethod
    def of(cls, contract: Contract) -> tuple[Self, ...]:
        """One over all required columns, where there are some."""
        required = tuple(column.name for column in contract.columns if column.required)
        return (cls(required),) if required else ()

    @property
    def name(self) -> str:
        """The metric with its columns."""
        return f"complete_records[{','.join(self.columns)}]"

    @property
    def preconditions(self) -> tuple[Precondition, ...]:
        """Every column."""
        return (has_columns(*self.columns),)

    def aggregates(self) -> Mapping[str, Column]:
        """Rows that hold every value, and all rows."""
        whole = reduce(and_, (F.col(column).isNotNull() for column in self.columns))
        return {"complete": F.count_if(whole), "rows": F.count(F.lit(1))}

    def value(self, state: State) -> float | None:
        """The share of the rows."""
        return state["complete"] / state["rows"] if state["rows"] else None
