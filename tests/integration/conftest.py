"""A Spark standalone cluster for the tests that ask for one: a master and two workers, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cluster:
    """The scripts of cluster/standalone, with ports and a folder of their own."""

    environment: dict[str, str]

    def call(self, script: str) -> subprocess.CompletedProcess[str]:
        path = TOP / "cluster" / "standalone" / script
        return subprocess.run(["sh", str(path)], env=self.environment, capture_output=True, text=True, check=False, timeout=180)

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self.environment['MASTER_PORT']}"

    def pids(self) -> list[int]:
        return [int(path.read_text()) for path in Path(self.environment["CLUSTER_DIR"]).glob("*.pid")]


def free_ports(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that may be started; what was started is stopped at the end of the module."""
    master, web = free_ports(2)
    own = {"PYTHON": sys.executable, "CLUSTER_DIR": str(tmp_path_factory.mktemp("cluster")), "MASTER_PORT": master, "WEB_PORT": web}
    made = Cluster(os.environ | own | {"WORKER_MEMORY": "1g", "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"})
    yield made
    made.call("stop.sh")


@pytest.fixture(scope="module")
def standalone(cluster: Cluster) -> Cluster:
    """A running cluster: two workers of one core."""
    done = cluster.call("start.sh")
    assert done.returncode == 0, done.stderr
    return cluster
