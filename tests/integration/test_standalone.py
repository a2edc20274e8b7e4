"""The scripts of cluster/standalone start what they say, and stop all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from .conftest import Cluster

JOB = """
from pyspark.sql import SparkSession
import os

def where(batches):
    import pyarrow
    import resonance
    for batch in batches:
        yield pyarrow.RecordBatch.from_pylist([{"executor": os.getcwd().split("/")[-3]}])

spark = SparkSession.builder.getOrCreate()
spark.range(0, 8, 1, 8).write.format("delta").save("FOLDER")
rows = spark.read.format("delta").load("FOLDER").repartition(8).mapInArrow(where, "executor string").distinct().collect()
print("ran on", *sorted(row.executor for row in rows))
"""

pytestmark = pytest.mark.spark


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def submit(cluster: Cluster, script: Path) -> str:
    """What an application prints that is submitted as cluster/README.md says."""
    command = [str(Path(sys.executable).with_name("spark-submit")), "--master", cluster.master]
    command += ["--jars", f"{sys.prefix}/share/resonance/jars/*.jar", "--executor-memory", "512m", "--driver-memory", "512m"]
    quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    conf = {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": quick,
        "spark.executor.extraJavaOptions": quick,
    }
    command += [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run([*command, str(script)], env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_two_workers_run_an_application_with_our_package_and_delta(standalone: Cluster, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(JOB.replace("FOLDER", str(tmp_path / "table")), encoding="utf-8")
    assert "ran on work-1 work-2" in submit(standalone, script)


def test_a_second_start_is_refused_and_leaves_the_first_alone(standalone: Cluster) -> None:
    before = standalone.pids()
    done = standalone.call("start.sh")
    assert done.returncode == 1
    assert "stop.sh" in done.stderr
    assert standalone.pids() == before
    assert all(alive(pid) for pid in before)


def test_a_taken_port_is_named(standalone: Cluster, tmp_path: Path) -> None:
    done = Cluster(standalone.environment | {"CLUSTER_DIR": str(tmp_path / "other")}).call("start.sh")
    assert done.returncode == 1
    assert f"port {standalone.environment['MASTER_PORT']} is taken" in done.stderr


def test_a_python_without_spark_is_named(cluster: Cluster, tmp_path: Path) -> None:
    environment = {key: value for key, value in cluster.environment.items() if key != "SPARK_HOME"}
    done = Cluster(environment | {"CLUSTER_DIR": str(tmp_path), "PYTHON": str(tmp_path / "python")}).call("start.sh")
    assert done.returncode == 1
    assert done.stderr.startswith("no pyspark")


def test_stop_leaves_no_process_and_may_be_repeated(standalone: Cluster) -> None:
    pids = standalone.pids()
    assert len(pids) == 3
    assert "stopped" in standalone.call("stop.sh").stdout
    assert not any(alive(pid) for pid in pids)
    assert "no cluster" in standalone.call("stop.sh").stdout
