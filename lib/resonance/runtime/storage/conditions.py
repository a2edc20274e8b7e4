"""What SQL is told: slices as conditions, texts and properties; and what the bounds of a file say about a slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resonance.core.table import Slice

Part = str | int | tuple[int, int] | tuple[str, ...]


def where(slice: Slice) -> str:
    """The slice as a SQL condition."""
    return " AND ".join(_condition(column, value) for column, value in slice.items())


def describe(slice: Slice) -> str:
    """The slice for people."""
    return where(slice).replace("`", "")


def lies_inside(low: Any, high: Any, part: Part) -> bool | None:
    """Whether all values between two bounds are in the part of a slice, True, or none, False; None where the bounds cannot tell."""
    if low is None or high is None:
        return None
    if isinstance(part, tuple) and isinstance(part[0], int):
        first, last = part
        if first <= low and high <= last:
            return True
        return False if high < first or low > last else None
    values = part if isinstance(part, tuple) else (part,)
    if low == high:
        return low in values
    return None if any(low <= value <= high for value in values) else False


def is_inside(row: Mapping[str, Any], slice: Slice) -> bool:
    """Whether a row is in a slice."""
    return all(lies_inside(row[column], row[column], part) is True for column, part in slice.items())


def quote_text(text: str) -> str:
    """A string as a SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def write_properties(properties: Mapping[str, str]) -> str:
    """Properties of a table as SQL takes them."""
    return ", ".join(f"{quote_text(name)} = {quote_text(value)}" for name, value in properties.items())


def _condition(column: str, value: Part) -> str:
    if isinstance(value, int):
        return f"`{column}` = {value}"
    if isinstance(value, str):
        return f"`{column}` = {quote_text(value)}"
    if isinstance(value[0], int):
        return f"`{column}` BETWEEN {value[0]} AND {value[1]}"
    return f"`{column}` IN ({', '.join(quote_text(str(name)) for name in value)})"
