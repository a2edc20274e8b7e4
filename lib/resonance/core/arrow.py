"""Arrow tables of rows of the driver, and Arrow batches joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def join_batches(batches: Iterable[pa.RecordBatch], most_rows: int, most_bytes: int) -> Iterator[pa.RecordBatch]:
    """The rows of batches in as few as these bounds allow; a larger batch stays as it is."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        more = batch.nbytes  # of many columns it takes as long to tell as to copy them
        if held and (rows + batch.num_rows > most_rows or size + more > most_bytes):
            yield held[0] if len(held) == 1 else pa.concat_batches(held)
            held, rows, size = [], 0, 0
        held.append(batch)
        rows, size = rows + batch.num_rows, size + more
    if held:
        yield held[0] if len(held) == 1 else pa.concat_batches(held)


def _make_array(values: Sequence[Any], field: Any) -> Any:
    if pa.types.is_integer(field.type) and any(isinstance(value, float) for value in values):  # Arrow would cut them off
        raise TypeError(f"column {field.name} holds whole numbers, not {next(v for v in values if isinstance(v, float))}")
    return pa.array(values, field.type)
