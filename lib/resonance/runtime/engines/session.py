"""Which engine computes: embedded on one machine, Spark where one is given. The one place that opens a session."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from resonance.core.errors import ConfigError
from resonance.core.settings import Config, SparkSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from resonance.runtime.engines.engine import Engine

Name = Literal["embedded", "spark"]

SUBMITTED = ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE")
"""Variables of the environment that say that a Spark application, a platform or a Connect server is there already."""


def choose_engine(config: Config) -> Name:
    """``spark.engine`` where it is set; else Spark where a master, a catalog, a session or a cluster is given, or Horovod on Spark.

    Reads settings and the environment; starts nothing, and imports no pyspark.
    """
    if config.spark.engine is not None:
        return config.spark.engine
    given = config.spark.master or config.catalog or config.train.launch == "spark"
    if given or any(name in os.environ for name in SUBMITTED) or _runs_already():
        return "spark"
    return "embedded" if find_spec("pysail") else "spark"


def refuse_bucket(name: Name, config: Config) -> None:
    """Raise ConfigError where tables are to lie in object storage, and the engine or a catalog keeps them elsewhere."""
    if config.tables and (config.catalog is not None or name != "embedded"):
        raise ConfigError(
            f"tables={config.tables}: the embedded engine alone keeps tables there; for Spark name a catalog, or a workspace "
            "that all nodes see"
        )


def open_engine(name: Name, settings: SparkSettings, scratch: Path, *, debug: bool = False) -> Engine:
    """A running engine; the one of this process, where one runs.

    Args:
        name: as ``choose_engine`` gives it.
        settings: how its session is opened.
        scratch: folder for what does not fit into memory.
        debug: whether the engine's own log is shown.

    Raises:
        SetupError: it cannot start on this machine.
    """
    if name == "spark":
        from resonance.runtime.engines.spark import open_spark

        return open_spark(settings, debug=debug)
    from resonance.runtime.engines.embedded import open_embedded

    return open_embedded(settings, scratch)


def engine_of(session: SparkSession) -> Engine:
    """The engine that a session belongs to."""
    from resonance.runtime.engines import embedded, spark

    running = embedded.running()
    return running if running is not None and running.session is session else spark.SparkEngine(session)


def _runs_already() -> bool:
    """Whether this process holds an active session that is not our own."""
    if "pyspark.sql" not in sys.modules:
        return False
    from resonance.runtime.engines import embedded

    if embedded.running() is not None:
        return False
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() is not None
