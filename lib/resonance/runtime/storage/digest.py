"""A hash over a table's content that equal input, configuration and seed must reproduce."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import MapType

from resonance.core.contract import Contract

EMPTY = f"{0:016x}"
"""The hash of a table without rows."""


def digest(rows: DataFrame, contract: Contract) -> str:
    """Hex hash over the rows, whatever their order; columns that the contract marks volatile are left out.

    One scan; the sum of row hashes, so that a doubled row changes it too.
    """
    columns = [_hashable(rows, name) for name in contract.stable_columns]
    total = rows.agg(F.sum(F.xxhash64(*columns).cast("decimal(38,0)")).alias("total")).collect()[0]["total"]
    return f"{int(total or 0) % 2**64:016x}"


def _hashable(rows: DataFrame, name: str) -> Column:
    if isinstance(rows.schema[name].dataType, MapType):
        return F.to_json(F.array_sort(F.map_entries(name)))
    return F.col(name)
