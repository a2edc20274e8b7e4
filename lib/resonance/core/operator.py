"""How rows gain columns: an operator adds, and keeps every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Operator(Protocol):
    """A frozen value that adds columns to a frame and never drops a row."""

    @property
    def name(self) -> str:
        """The operator's name, which keeps its meaning."""
        ...

    @property
    def version(self) -> int:
        """Rises when the meaning changes."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        ...

    @property
    def adds(self) -> tuple[str, ...]:
        """Columns that it adds."""
        ...

    def __call__(self, rows: DataFrame) -> DataFrame:
        """The same rows with the added columns."""
        ...
