"""What an engine is to the rest: a session, and how it leaves files that become a table's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from resonance.core.contract import Contract

PLATFORM = "DATABRICKS_RUNTIME_VERSION"
"""The variable of the environment by which a platform says that it started this process."""
ZONE = "spark.sql.session.timeZone"
SESSION = {ZONE: "UTC", "spark.python.sql.dataFrameDebugging.enabled": "false"}
"""Settings of the session of either engine. The second one: a call that makes a column or a frame does not look up its place in the
code for errors, and tell it to the JVM in four messages."""


def find_session() -> SparkSession | None:
    """The session of this process, whichever thread started it, where there is one."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        return SparkSession.active()
    except PySparkException:
        return None


class Engine(Protocol):
    """A running session. Nothing outside ``runtime.engines`` asks which engine it is."""

    session: SparkSession

    def locate(self, address: str) -> str:
        """A path or an address in a bucket, as the engine is told it."""
        ...

    def stage(self, rows: DataFrame, contract: Contract, folder: str) -> None:
        """Leave the rows as Parquet files in a new folder, or below a new address; lists as the Delta protocol asks for them."""
        ...

    def stop(self) -> None:
        """End the session and what runs for it."""
        ...
