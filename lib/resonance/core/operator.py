"""How rows gain columns: an operator adds, and keeps every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Operator(Protocol):
    """A frozen value that adds columns to a frame and never drops a row."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def reads(self) -> tuple[str, ...]: ...

    @property
    def adds(self) -> tuple[str, ...]: ...

    def __call__(self, rows: DataFrame) -> DataFrame: ...
