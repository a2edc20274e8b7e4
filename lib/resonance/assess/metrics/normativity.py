"""Normativity: whether rows keep the rules that the table's contract states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pyspark.sql import Column as Expression
from pyspark.sql import functions as F

from resonance.core.contract import Column, Contract, Rule
from resonance.core.metric import Additive, Precondition, State, has_columns, has_type


@dataclass(frozen=True)
class Validity(Additive):
    """Validity is the share of rows for which ``rule`` is true; for one that it gives null, it is not."""

    rule: Rule
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, contract: Contract) -> tuple[Self, ...]:
        """One for each rule, with the columns that it names."""
        return tuple(cls(rule, _find_columns(rule, contract)) for rule in contract.rules)

    @property
    def name(self) -> str:
        """The metric with its rule."""
        return f"validity[{self.rule.name}]"

    @property
    def preconditions(self) -> tuple[Precondition, ...]:
        """The columns of the rule, in the types for which it is written."""
        types = (has_type(column.name, column.type) for column in self.columns)
        return (has_columns(*(column.name for column in self.columns)), *types)

    def aggregates(self) -> Mapping[str, Expression]:
        """Rows that keep the rule, and all rows."""
        return {"valid": F.count_if(F.expr(self.rule.expression)), "rows": F.count(F.lit(1))}

    def value(self, state: State) -> float | None:
        """The share of the rows."""
        return state["valid"] / state["rows"] if state["rows"] else None


def _find_columns(rule: Rule, contract: Contract) -> tuple[Column, ...]:
    """The columns of the contract that the rule names outside of string literals."""
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", rule.expression)))
    return tuple(column for column in contract.columns if column.name in words)
