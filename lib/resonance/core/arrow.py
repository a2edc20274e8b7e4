"""Rows of the driver as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


def make_arrow(rows: Iterable[Sequence[Any] | Mapping[str, Any]], schema: StructType) -> pa.Table:
    """These rows of the driver as an Arrow table, in which every column may be null. Asks no engine.

    Raises:
        TypeError: a value is not of its column's type.
        ValueError: as before; or a number is too large for it.
    """
    from pyspark.sql.pandas.types import to_arrow_schema

    names = schema.names
    cells = [tuple(map(row.get, names)) if isinstance(row, Mapping) else tuple(row) for row in rows]
    columns = zip(*cells, strict=True) if cells else [()] * len(names)
    arrays = [_make_array(column, field) for column, field in zip(columns, to_arrow_schema(schema), strict=True)]
    return pa.Table.from_arrays(arrays, names)


def _make_array(values: Sequence[Any], field: Any) -> Any:
    if pa.types.is_integer(field.type) and any(isinstance(value, float) for value in values):  # Arrow would cut them off
        raise TypeError(f"column {field.name} holds whole numbers, not {next(v for v in values if isinstance(v, float))}")
    return pa.array(values, field.type)
