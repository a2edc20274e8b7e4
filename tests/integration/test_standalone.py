"""The scripts of cluster/standalone start what they say, name what is wrong, and stop all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.ports import free_ports

pytestmark = pytest.mark.spark
TOP = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cluster:
    """The scripts of cluster/standalone, with ports and a folder of their own."""

    environment: dict[str, str]

    def call(self, script: str) -> subprocess.CompletedProcess[str]:
        path = TOP / "cluster" / "standalone" / script
        return subprocess.run(["sh", str(path)], env=self.environment, capture_output=True, text=True, check=False, timeout=180)

    def pids(self) -> list[int]:
        return [int(path.read_text()) for path in Path(self.environment["CLUSTER_DIR"]).glob("*.pid")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that may be started; what was started is stopped at the end of the module."""
    master, web = free_ports(2)
    own = {"PYTHON": sys.executable, "CLUSTER_DIR": str(tmp_path_factory.mktemp("cluster")), "MASTER_PORT": master, "WEB_PORT": web}
    made = Cluster(
        os.environ
        | own
        | {"COLUMNS": "80", "WORKER_MEMORY": "1g", "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    )
    yield made
    made.call("stop.sh")


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_start_names_the_master_and_waits_for_its_workers(cluster: Cluster) -> None:
    done = cluster.call("start.sh")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"spark://127.0.0.1:{cluster.environment['MASTER_PORT']}"
    log = (Path(cluster.environment["CLUSTER_DIR"]) / "master.log").read_text(encoding="utf-8")
    assert log.count("Registering worker") == 2
    assert len([pid for pid in cluster.pids() if alive(pid)]) == 3


def test_a_second_start_is_refused_and_leaves_the_first_alone(cluster: Cluster) -> None:
    before = cluster.pids()
    done = cluster.call("start.sh")
    assert done.returncode == 1
    assert "stop.sh" in done.stderr
    assert cluster.pids() == before
    assert all(alive(pid) for pid in before)


def test_a_taken_port_is_named(cluster: Cluster, tmp_path: Path) -> None:
    done = Cluster(cluster.environment | {"CLUSTER_DIR": str(tmp_path / "other")}).call("start.sh")
    assert done.returncode == 1
    assert f"port {cluster.environment['MASTER_PORT']} is taken" in done.stderr


def test_a_python_without_spark_is_named(cluster: Cluster, tmp_path: Path) -> None:
    environment = {key: value for key, value in cluster.environment.items() if key != "SPARK_HOME"}
    done = Cluster(environment | {"CLUSTER_DIR": str(tmp_path), "PYTHON": str(tmp_path / "python")}).call("start.sh")
    assert done.returncode == 1
    assert done.stderr.startswith("no Spark for PYTHON=")


def test_stop_leaves_no_process_and_may_be_repeated(cluster: Cluster) -> None:
    pids = cluster.pids()
    assert len(pids) == 3
    assert "stopped" in cluster.call("stop.sh").stdout
    assert not any(alive(pid) for pid in pids)
    assert "no cluster" in cluster.call("stop.sh").stdout
