"""What a metric is: one number about one dataset, from states that are computed in one scan and add up over its parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import StructType

    from resonance.core.contract import Contract

State = Mapping[str, Any]
"""What the aggregates of a metric gave for some rows, by their names: enough to add the state of other rows to it."""
Good = Literal["high", "low", "neither"]
Status = Literal["scored", "not_measurable"]
Precondition = Callable[["StructType"], str]
"""Says why a metric cannot be computed over rows of a schema; empty where it can."""


class Metric(ABC):
    """One number about one dataset. A subclass is a frozen dataclass whose docstring defines the number in one sentence.

    Attributes:
        good: which way is good.
        version: rises when the number's meaning changes, so that it is not compared with older ones.
    """

    good: ClassVar[Good] = "high"
    version: ClassVar[int] = 1

    @classmethod
    @abstractmethod
    def of(cls, contract: Contract) -> tuple[Self, ...]:
        """The metrics of this kind that a table of the contract has."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The metric with its parameters, such as ``completeness[text]``: what results are known by."""

    @property
    @abstractmethod
    def preconditions(self) -> tuple[Precondition, ...]:
        """What a schema must hold."""

    @abstractmethod
    def aggregates(self) -> Mapping[str, Column]:
        """The parts of the state, each as an aggregate over all rows; none reads more rows than one scan gives."""

    @abstractmethod
    def merge(self, one: State, other: State) -> State:
        """The state of two sets of rows together, none of them in both."""

    @abstractmethod
    def value(self, state: State) -> float | None:
        """The number; None where the rows hold nothing to measure."""


class Additive(Metric):
    """A metric whose aggregates are counts and sums: the state of two sets of rows is the sum of theirs."""

    def merge(self, one: State, other: State) -> State:
        """The sums, name by name."""
        return {name: one[name] + other[name] for name in one}


@dataclass(frozen=True)
class Result:
    """What a metric says about a dataset or one stratum of it.

    Args:
        metric: the metric's name.
        status: whether there is a value.
        value: the number, None where it is not measurable.
        reason: why it is not measurable.
        state: what other rows' state can be merged with; empty where no row was looked at.
        stratum: the values that the stratum's rows share, by column; empty for all rows.
    """

    metric: str
    status: Status
    value: float | None
    reason: str = ""
    state: State = field(default_factory=dict)
    stratum: Mapping[str, Any] = field(default_factory=dict)


def has_columns(*names: str) -> Precondition:
    """A schema must have these columns."""

    def find_missing(schema: StructType) -> str:
        missing = [name for name in names if name not in schema.names]
        return f"no column {', '.join(missing)}" if missing else ""

    return find_missing


def has_type(name: str, kind: str) -> Precondition:
    """A column, where a schema has it, must be of this type (as contracts write types)."""

    def compare_type(schema: StructType) -> str:
        from resonance.core.frames import parse_type

        found = schema[name].dataType if name in schema.names else parse_type(kind)
        return "" if found == parse_type(kind) else f"column {name} is {found.simpleString()}, not {kind.lower()}"

    return compare_type
