"""A Spark cluster of separate processes on this machine, by the scripts of ``cluster/standalone``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_ports

SCRIPTS = Path(__file__).parents[1] / "cluster/standalone"
MEMORY = "1500m"
"""Of each worker."""
HIDE = 'mount -t tmpfs -o ro none "$0" && exec sh "$1"'


@contextmanager
def start_cluster(
    folder: Path, own: Mapping[str, str] | None = None, hidden: Path | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a master, and the environment that commands on its cluster need, until the end of the ``with`` statement.

    Args:
        folder: where its logs and process numbers lie.
        own: further variables of its environment.
        hidden: a folder in whose place its processes see an empty one that nobody can write into.
    """
    master, web = free_ports(2)
    named = {"PYTHON": sys.executable, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "WORKER_MEMORY": MEMORY}
    named |= {"CLUSTER_DIR": str(folder), "MASTER_PORT": master, "WEB_PORT": web}
    environment = {**os.environ, **named, **(own or {})}
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c", HIDE, str(hidden)] if hidden else ["sh"]
    started = subprocess.run([*alone, SCRIPTS / "start.sh"], env=environment, capture_output=True, text=True, timeout=180)
    if started.returncode:
        raise RuntimeError(started.stderr)
    try:
        yield started.stdout.splitlines()[-1], environment
    finally:
        subprocess.run(["sh", SCRIPTS / "stop.sh"], env=environment, check=True, capture_output=True, timeout=120)
