"""What a contract is: the shape, meaning and rules of a table, read from its ODCS v3.2.0 file.

Source: Open Data Contract Standard v3.2.0, sections "Schema" and "Data quality".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from resonance.core.errors import ContractError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

    from resonance.core.table import Rows


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads plain values alone; the one in C, where there is one, takes a tenth of the time, which every command would wait for."""


@dataclass(frozen=True)
class Column:
    """One column: its physical (Spark SQL) type, whether null is refused, and its meaning.

    Args:
        volatile: whether equal input, configuration and seed may give another value.
    """

    name: str
    type: str
    required: bool
    meaning: str
    volatile: bool = False


@dataclass(frozen=True)
class Rule:
    """A claim that holds for every row, as a Spark SQL expression; enforced as a Delta CHECK constraint."""

    name: str
    expression: str
    meaning: str


@dataclass(frozen=True)
class Contract:
    """Shape and promises of one table."""

    name: str
    version: str
    meaning: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    key: tuple[str, ...]
    cluster_by: str | None = None
    append_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Contract:
        """The contract written in ``text`` (YAML of ODCS v3.2.0 with one schema object).

        Raises:
            ContractError: the text is no ODCS v3 contract of one table.
        """
        try:
            document = yaml.load(text, Loader=LOADER)
            (table,) = document["schema"]
            own = _properties(table)
            keys = [p for p in table["properties"] if p.get("primaryKey")]
            return cls(
                name=table["name"],
                version=document["version"],
                meaning=table["description"],
                columns=tuple(_column(p) for p in table["properties"]),
                rules=tuple(Rule(q["name"], q["implementation"], q["description"]) for q in table.get("quality", ())),
                key=tuple(p["name"] for p in sorted(keys, key=lambda p: int(p["primaryKeyPosition"]))),
                cluster_by=own.get("clusterBy"),
                append_only=bool(own.get("appendOnly", False)),
            )
        except KeyError as error:
            raise ContractError(f"not an ODCS v3.2.0 contract of one table: {error} is missing") from error
        except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
            raise ContractError(f"not an ODCS v3.2.0 contract of one table: {' '.join(str(error).split())}") from error

    @property
    def schema(self) -> StructType:
        """The Spark schema, nullability included."""
        from pyspark.sql.types import StructField, StructType

        return StructType([StructField(c.name, _spark_type(c.type), not c.required) for c in self.columns])

    @property
    def stable_columns(self) -> tuple[str, ...]:
        """Columns that equal input, configuration and seed must reproduce."""
        return tuple(c.name for c in self.columns if not c.volatile)

    def make_frame(self, session: SparkSession, rows: Rows) -> DataFrame:
        """What is written, as ``conform`` gives it; rows of the driver become a frame of this session.

        Raises:
            ContractError: a column is missing or unknown.
        """
        from resonance.core.frames import make_frame

        return self.conform(make_frame(session, rows, self.schema) if isinstance(rows, Sequence) else rows)

    def conform(self, rows: DataFrame) -> DataFrame:
        """``rows`` with exactly the contract's columns, in its order and types.

        Raises:
            ContractError: a column is missing or unknown.
        """
        from pyspark.sql import functions as F

        missing = [c.name for c in self.columns if c.name not in rows.columns]
        unknown = [name for name in rows.columns if name not in {c.name for c in self.columns}]
        if missing or unknown:
            raise ContractError(f"table {self.name}: missing columns {missing}, unknown columns {unknown}")
        return rows.select(*(F.col(c.name).cast(_spark_type(c.type)).alias(c.name) for c in self.columns))


def _properties(element: Mapping[str, Any]) -> dict[str, Any]:
    return {p["property"]: p["value"] for p in element.get("customProperties", ())}


def _column(p: Mapping[str, Any]) -> Column:
    volatile = bool(_properties(p).get("volatile", False))
    return Column(p["name"], p["physicalType"], bool(p["required"]), p["description"], volatile)


def _spark_type(name: str) -> DataType:
    from resonance.core.frames import parse_type

    try:
        return parse_type(name)
    except ValueError as error:
        raise ContractError(f"physicalType: {error}") from None
