"""Which engine computes: embedded on one machine, Spark where one is given. The one place that opens a session."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from resonance.core.errors import ConfigError
from resonance.core.objects import NEED_JARS, is_address, is_on_hdfs
from resonance.core.settings import Config, SparkSettings
from resonance.runtime.engines.engine import PLATFORM, find_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from resonance.runtime.engines.engine import Engine

Name = Literal["embedded", "spark"]

SUBMITTED = ("PYSPARK_GATEWAY_PORT", PLATFORM, "SPARK_REMOTE")
"""Variables of the environment that say that a Spark application, a platform or a Connect server is there already."""


def choose_engine(config: Config) -> Name:
    """``spark.engine`` where it is set; else Spark where a master, a session or a cluster is given, where Spark alone keeps the
    tables, or for Horovod on Spark.

    Reads settings and the environment; starts nothing, and imports no pyspark.
    """
    if config.spark.engine is not None:
        return config.spark.engine
    if config.spark.master or is_kept_by_spark(config) or config.train.launch == "spark" or _is_given():
        return "spark"
    return "embedded" if find_spec("pysail") else "spark"


def is_kept_by_spark(config: Config) -> bool:
    """Whether Spark alone reads and writes the tables: those of a catalog, and those on HDFS."""
    return config.catalog is not None or is_on_hdfs(config.tables)


def reads_slowly(name: Name, config: Config) -> bool:
    """Whether a process of the embedded engine reads this workspace sooner than the engine that is to compute.

    So it is where Spark starts on this machine, for tables in folders; not where a cluster or a session is given.
    """
    ours = name == "spark" and (config.spark.master or "local").startswith("local") and config.catalog is None and not config.tables
    return ours and not _is_given() and find_spec("pysail") is not None


def refuse_places(name: Name, config: Config) -> None:
    """Raise ConfigError where tables are to lie at an address, but a catalog keeps them, or where the engine cannot reach it.

    It reaches what ranks stage at an address too.
    """
    if config.tables and config.catalog is not None:
        raise ConfigError(f"tables={config.tables}: catalog {config.catalog} keeps tables elsewhere; name one of the two")
    if is_on_hdfs(config.tables) and name != "spark":
        raise ConfigError(f"tables={config.tables}: Spark alone keeps tables on HDFS; compute on it (--engine spark)")
    named = [f"{use}={place}" for use, place in (("tables", config.tables), ("staging", config.staging)) if is_address(place)]
    if named and name == "spark" and not _is_given():
        from resonance.runtime.engines.spark import has_buckets

        if not has_buckets():
            raise ConfigError(f"{named[0]}: {NEED_JARS}")


def open_engine(name: Name, settings: SparkSettings, scratch: Path, *, places: Sequence[str] = (), debug: bool = False) -> Engine:
    """A running engine; the one of this process, where one runs.

    Args:
        name: as ``choose_engine`` gives it.
        settings: how its session is opened.
        scratch: folder for what does not fit into memory.
        places: paths and addresses that it is to reach, among others.
        debug: whether the engine's own log is shown.

    Raises:
        SetupError: it cannot start on this machine.
    """
    if name == "spark":
        from resonance.runtime.engines.spark import open_spark

        return open_spark(settings, places=places, debug=debug)
    from resonance.runtime.engines.embedded import open_embedded

    return open_embedded(settings, scratch)


def engine_of(session: SparkSession) -> Engine:
    """The engine that a session belongs to."""
    from resonance.runtime.engines import embedded, spark

    running = embedded.running()
    return running if running is not None and running.session is session else spark.SparkEngine(session)


def _is_given() -> bool:
    """Whether a Spark application, a platform, a Connect server or an active session is there already, which is not ours."""
    return any(name in os.environ for name in SUBMITTED) or _runs_already()


def _runs_already() -> bool:
    """Whether this process holds a session that is not our own."""
    if "pyspark.sql" not in sys.modules:
        return False
    from resonance.runtime.engines import embedded

    return embedded.running() is None and find_session() is not None
