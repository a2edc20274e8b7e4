"""Data files of a table, and what their footers say: rows, nulls, bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resonance.core.storage import TableFiles

LONGEST = 63
"""Bytes of the longest string that is taken for a bound: writers cut longer ones off."""


@dataclass(frozen=True)
class DataFile:
    """One Parquet file below a table's folder.

    Args:
        path: relative to the table's folder.
        nulls: number of nulls by column, of columns whose footers tell.
        bounds: smallest and largest value by column, of whole numbers and short strings.
    """

    path: str
    size: int
    modified: int
    rows: int
    nulls: Mapping[str, int] = field(default_factory=dict)
    bounds: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, files: TableFiles, table: str, path: str) -> DataFile:
        """A file of a table's folder by its footer."""
        about, state = pq.read_metadata(files.open(f"{table}/{path}")), files.look(f"{table}/{path}")
        nulls, bounds = _columns(about)
        return cls(path, state.size, state.modified, about.num_rows, nulls, bounds)

    @property
    def statistics(self) -> str:
        """The file's statistics in the words of the Delta protocol."""
        low = {name: bounds[0] for name, bounds in self.bounds.items()}
        high = {name: bounds[1] for name, bounds in self.bounds.items()}
        return json.dumps({"numRecords": self.rows, "minValues": low, "maxValues": high, "nullCount": dict(self.nulls)})

    def action(self) -> dict[str, Any]:
        """The file as an ``add`` action of the Delta log."""
        return {
            "add": {
                "path": self.path,
                "partitionValues": {},
                "size": self.size,
                "modificationTime": self.modified,
                "dataChange": True,
                "stats": self.statistics,
            }
        }


def _columns(about: Any) -> tuple[dict[str, int], dict[str, tuple[Any, Any]]]:
    nulls: dict[str, int] = {}
    bounds: dict[str, tuple[Any, Any]] = {}
    schema = about.schema.to_arrow_schema()
    places = {about.schema.column(place).path: place for place in range(len(about.schema))}
    for field_ in schema:
        if field_.name not in places:  # lists, maps and structs have leaves of other paths
            continue
        found = [about.row_group(group).column(places[field_.name]).statistics for group in range(about.num_row_groups)]
        if all(each is not None and each.has_null_count for each in found):
            nulls[field_.name] = sum(each.null_count for each in found)
        known = [each for each in found if each is not None and each.has_min_max]
        if known and len(known) == len(found) and _has_bounds(field_.type):
            low, high = min(each.min for each in known), max(each.max for each in known)
            if not isinstance(high, str) or max(len(low.encode()), len(high.encode())) <= LONGEST:
                bounds[field_.name] = low, high
    return nulls, bounds


def _has_bounds(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))
