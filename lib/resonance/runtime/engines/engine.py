"""What an engine is to the rest: a session, and files that become a table's, written and read in the same way by both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from resonance.core.contract import Contract


class Engine(Protocol):
    """A running session. Nothing outside ``runtime.engines`` asks which engine it is."""

    session: SparkSession

    def stage(self, rows: DataFrame, contract: Contract, folder: Path) -> None:
        """Leave the rows as Parquet files in a new folder; lists as the Delta protocol asks for them."""
        ...

    def load(self, paths: Sequence[Path], contract: Contract) -> DataFrame:
        """The rows of Parquet files, with the columns of the contract; one that a file lacks is null."""
        ...

    def stop(self) -> None:
        """End the session and what runs for it."""
        ...
