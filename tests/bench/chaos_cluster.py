"""Faults of a Spark cluster of separate processes on this machine: executors, workers and the driver die, tasks are done twice."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import Random

import psutil

from tests.bench.chaos_faults import Case, Disturbed, begin, finish
from tests.bench.places import TOP
from tests.standalone import MEMORY, start_cluster

WORKERS = 2
FOLDER = "CLUSTER_DIR"


@dataclass(frozen=True)
class Cluster:
    """A master and two workers of one core each, by the scripts of ``cluster/standalone``."""

    environment: Mapping[str, str]
    master: str

    @property
    def settings(self) -> tuple[str, ...]:
        """What a command is told to compute there."""
        conf = "spark.conf={spark.executor.memory: 1g, spark.ui.enabled: 'false'}"
        return (f"spark.master={self.master}", "spark.driver_memory=1500m", "spark.shuffle_partitions=2", conf)

    def kill_executor(self, case: Case, workspace: Path, chance: Random) -> Disturbed:
        """One executor is killed; the cluster starts another one."""
        moment = case.draw_moment(chance)
        process, met = begin(case, workspace, moment)
        found = self._executors()
        if found:
            chance.choice(found).kill()
        return finish(process, workspace, moment, met and bool(found))

    def kill_worker(self, case: Case, workspace: Path, chance: Random) -> Disturbed:
        """A worker is killed, with which its executor ends; it comes back when the command has ended."""
        moment, number = case.draw_moment(chance), chance.randrange(WORKERS) + 1
        process, met = begin(case, workspace, moment)
        psutil.Process(int(self._pid_file(number).read_text())).kill()
        found = finish(process, workspace, moment, met)
        self._start_worker(number)
        return found

    def retry_task(self, case: Case, workspace: Path, chance: Random) -> Disturbed:
        """All executors are killed once a task has written a file of a table, before the write is done: it is written again."""
        moment = case.draw_moment(chance, chance.choice([*case.steps]))
        process, _ = begin(case, workspace, moment)
        met = False
        while process.poll() is None and not met:
            if any((workspace / "tables").glob("*/data-*/_temporary/**/*.parquet")):
                for executor in self._executors():
                    executor.kill()
                met = True
            time.sleep(0.002)
        return finish(process, workspace, f"a file staged after {moment}", met)

    def _executors(self) -> list[psutil.Process]:
        """The executors of these workers."""
        found = []
        for number in range(1, WORKERS + 1):
            for process in psutil.Process(int(self._pid_file(number).read_text())).children(recursive=True):
                try:
                    if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in process.cmdline():
                        found.append(process)
                except psutil.Error:  # it ended since
                    continue
        return found

    def _pid_file(self, number: int) -> Path:
        return Path(self.environment[FOLDER]) / f"worker-{number}.pid"

    def _start_worker(self, number: int) -> None:
        """Start a worker anew, and wait until the master knows it."""
        spec = find_spec("pyspark")
        assert spec is not None
        assert spec.submodule_search_locations
        home, folder = spec.submodule_search_locations[0], Path(self.environment[FOLDER])
        known = _count_registered(folder)
        words = ["--host", "127.0.0.1", "--cores", "1", "--memory", MEMORY, "--webui-port", "0"]
        words += ["--work-dir", str(folder / f"work-{number}"), self.master]
        command = [f"{home}/bin/spark-class", "org.apache.spark.deploy.worker.Worker", *words]
        with (folder / f"worker-{number}.log").open("ab") as log:
            around = {**self.environment, "SPARK_HOME": home}
            process = subprocess.Popen(command, env=around, stdout=log, stderr=log, start_new_session=True)
        self._pid_file(number).write_text(str(process.pid))
        while _count_registered(folder) == known:
            if process.poll() is not None:
                raise RuntimeError(f"worker {number} did not come back; see {folder}")
            time.sleep(0.2)


@contextmanager
def open_cluster(home: Path) -> Iterator[Cluster]:
    """A cluster that runs until the end of the ``with`` statement."""
    own = {"WORKERS": str(WORKERS), "PYTHONPATH": os.pathsep.join((str(TOP / "lib"), str(TOP)))}
    with start_cluster(home / "cluster", own) as (master, environment):
        yield Cluster(environment, master)


def _count_registered(folder: Path) -> int:
    return (folder / "master.log").read_text(errors="replace").count("Registering worker")
