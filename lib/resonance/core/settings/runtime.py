"""Settings of the engine, of the tracking of rounds and of lineage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resonance.core.settings.base import Settings


class SparkSettings(Settings):
    """The engine and its session. ``local[…]`` masters get settings for a laptop; others keep the cluster's own."""

    engine: Literal["embedded", "spark"] | None = Field(
        None,
        description="embedded (in this process) or spark; where empty, spark if a cluster, session, master or catalog is given",
    )
    master: str = Field("", description="where Spark runs; this machine, local[*], where empty")
    driver_memory: str = Field("4g", description="memory of Spark's driver, a number with its unit, as Spark writes it")
    shuffle_partitions: int = Field(2, ge=1, description="partitions of a shuffle at most; Spark joins those of less than 64 MB")
    conf: dict[str, str] = Field({}, description="further properties of the Spark session, by their names")


class TrackingSettings(Settings):
    """MLflow. An empty URI keeps a sqlite store in the workspace."""

    enabled: bool = Field(True, description="record each finished round, where mlflow is installed")
    uri: str = Field("", description="address of a tracking server; a file in the workspace where empty")
    experiment: str = Field("resonance", description="name of the experiment that rounds are recorded in")


class LineageSettings(Settings):
    """Events of OpenLineage, which tell other programs what runs read, wrote and found."""

    events: str = Field("", description="file that events are added to, one JSON object a line; none are written where empty")
    namespace: str = Field("resonance", min_length=1, description="where jobs belong, and datasets that are no files")
