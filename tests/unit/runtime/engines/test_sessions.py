"""Our own session ends with a workspace, one that runs already goes on. Spark's metrics can be asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

OURS = """
import sys
import resonance
from pyspark.sql import SparkSession

CATALOG = {"catalog": "spark_catalog.default"}
with resonance.open(sys.argv[1], settings=CATALOG) as w:
    w.frame("documents").count()
    w.frame("rejects").count()
    assert SparkSession.getActiveSession() is not None
print(SparkSession.getActiveSession())
"""
GIVEN = """
import sys
from threading import Thread
import resonance
from pyspark.sql import SparkSession
from resonance.runtime.engines import spark as sessions

CATALOG = {"catalog": "spark_catalog.default"}
builder = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "Asia/Shanghai")
for key, value in {**sessions.DELTA, **sessions.LAPTOP, **sessions._jars(False)}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()


def look() -> None:
    with resonance.open(sys.argv[1], settings=CATALOG) as w:
        w.frame("documents").count()
        w.frame("rejects").count()


look()
thread = Thread(target=look)
thread.start()
thread.join()
print(spark.range(3).count(), spark.conf.get("spark.sql.session.timeZone"))
"""
WATCHED = """
from urllib.parse import urlsplit
from urllib.request import urlopen
from resonance.runtime.conf import load
from resonance.runtime.engines.spark import open_spark

engine = open_spark(load("local", "curate", assignments=["spark.conf={spark.ui.enabled: 'true', spark.ui.port: '0'}"]).spark)
engine.session.range(1000).selectExpr("sum(id)").collect()
port = urlsplit(engine.session.sparkContext.uiWebUrl).port
print(urlopen(f"http://127.0.0.1:{port}/metrics/executors/prometheus").read().decode())
engine.stop()
"""


@pytest.mark.engine("spark")
def test_spark_tells_prometheus_of_its_executors(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", WATCHED], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2_000:]
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("metrics_executor_completedTasks_total{"))
    assert int(line.split()[-1]) > 0


@pytest.mark.engine("spark")
@pytest.mark.parametrize(("code", "left"), [(OURS, "None"), (GIVEN, "3 UTC")], ids=["ours", "given"])
def test_what_is_left_of_a_session(tmp_path: Path, code: str, left: str) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, tmp_path], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.splitlines()[-1] == left
