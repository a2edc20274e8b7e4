"""A real cluster of HDFS: one name node and one data node in a JVM, by the jars that ``make setup-hdfs`` fetches."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_ports

JARS = Path(sys.prefix) / "share" / "resonance" / "jars" / "hdfs"
MAIN = "org.apache.hadoop.mapreduce.MiniHadoopClusterManager"


@contextmanager
def open_hdfs(home: Path) -> Iterator[str]:
    """The address of a running cluster that keeps its files in ``home``."""
    import pyspark

    (port,) = free_ports(1)
    classes = f"{JARS}/*:{Path(pyspark.__file__).parent}/jars/*"
    options = ["-nomr", "-format", "-datanodes", "1", "-nnport", str(port), "-writeConfig", str(home / "up.xml")]
    with (home / "log").open("w") as log:
        cluster = subprocess.Popen(["java", "-Xmx512m", "-cp", classes, MAIN, *options], cwd=home, stdout=log, stderr=log)
    try:
        for _ in range(480):
            if (home / "up.xml").exists():
                break
            assert cluster.poll() is None, (home / "log").read_text()[-3000:]
            time.sleep(0.5)
        yield f"hdfs://127.0.0.1:{port}"
    finally:
        cluster.kill()
        cluster.wait(60)
