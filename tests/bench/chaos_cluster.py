"""Faults of a Spark cluster of hosts on this machine: processes die, links are cut, tasks are retried, disks fill, clocks move."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import psutil

from resonance.runtime import resources
from resonance.runtime.engines.spark import jar_folder
from tests.bench.chaos_clock import Clock, draw_hours, open_clock
from tests.bench.chaos_driver import Driver
from tests.bench.chaos_faults import Struck, Target, can_mount, kill_process, mount_disk
from tests.bench.chaos_hosts import Hosts, open_hosts
from tests.bench.chaos_storage import Proxy, open_bucket
from tests.bench.places import TOP
from tests.ports import free_ports

WORKERS = 3
MEMORY = "1500m"
"""Of each worker."""
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
"""Every process compiles quickly: each of them lives for a minute."""
LOST = 20
"""Seconds after which the master gives up a silent worker, and the driver a silent executor: some cuts last longer."""
STAGED = 20
"""Seconds within which a task writes a file of a table, or none is waited for."""
PATIENCE = 120
"""Seconds for a process to start, or for executors of an ended command to end."""
SMALL_ROOM = 256
"""Megabytes of the disk of a worker; as many as the text has where that is more."""
PARTITION = 64
"""Megabytes of text for each partition of a shuffle."""
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"


@dataclass
class Cluster:
    """A master and three workers of one core each, a server of S3, and a driver that stays, on hosts of their own where permitted.

    Args:
        folder: where its logs, and the files that Spark makes, lie.
        storage: what passes requests on to the server.
        megabytes: of the text that it curates.
        clock: that of the driver, where it can be moved.
        running: its processes: worker n stands under that number, the master under -1.
    """

    hosts: Hosts
    folder: Path
    port: str
    driver: Driver
    storage: Proxy
    megabytes: int
    clock: Clock | None = None
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def master(self) -> str:
        """Where applications connect."""
        return f"spark://{self.hosts.first}:{self.port}"

    def list_settings(self, *, bucket: bool) -> tuple[str, ...]:
        """What a command is told to compute there, with its tables in a folder or in the bucket."""
        log = (resources.folder("conf") / "log4j2.properties").as_uri()
        conf = {
            "spark.driver.host": self.hosts.first,
            "spark.driver.bindAddress": self.hosts.first,
            "spark.driver.extraJavaOptions": f"{JAVA} -XX:NewSize=384m -XX:OldSize=512m -Dlog4j2.configurationFile={log}",
            "spark.executor.extraJavaOptions": JAVA,
            "spark.executor.memory": "1g",
            "spark.executor.heartbeatInterval": f"{LOST // 4}s",
            "spark.network.timeout": f"{LOST}s",
            "spark.network.timeoutInterval": f"{LOST // 4}s",
            "spark.local.dir": str(self.folder / "driver"),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        if bucket:  # all hosts share the disk that the jars lie on: they need not be sent to each executor that starts
            classes = str(jar_folder() / "s3" / "*")
            conf |= {"spark.driver.extraClassPath": classes, "spark.executor.extraClassPath": classes}
            conf["spark.jars"] = ",".join(map(str, jar_folder().glob("*.jar")))
        partitions = max(WORKERS, self.megabytes // PARTITION)
        told = f"spark.conf={json.dumps(conf)}"
        return (f"spark.master={self.master}", "spark.driver_memory=1500m", f"spark.shuffle_partitions={partitions}", told)

    def kill_executor(self, at: Target) -> Struck:
        """One executor is killed; the cluster starts another one."""
        found = self._executors()
        return Struck("", bool(found) and kill_process(at.chance.choice(found)))

    def kill_worker(self, at: Target) -> Struck:
        """A worker is killed, with which its executor ends; it comes back after 5 to 60 seconds, or when the command has ended."""
        number = at.chance.randrange(WORKERS)
        self.running[number].kill()
        self.running[number].wait(PATIENCE)
        seconds = at.wait_a_while()
        self.start_worker(number)
        return Struck(f"for {seconds:g} s")

    def retry_task(self, at: Target) -> Struck:
        """All executors are killed once a task has written a file of a table, before the write is done: it is written again."""
        until = time.monotonic() + STAGED
        while at.process.poll() is None and time.monotonic() < until:
            if any((at.workspace / "tables").glob("*/data-*/_temporary/0/**/*.parquet")):
                killed = [kill_process(executor) for executor in self._executors()]
                return Struck("a file was staged", any(killed))
            time.sleep(0.01)
        return Struck(f"no file was staged within {STAGED} s", False)

    def cut_off(self, at: Target) -> Struck:
        """A worker is cut off for 5 to 60 seconds: the driver and the master do not hear of it, nor it of them."""
        return self._hold(self.hosts.cut_off, at)

    def slow_down(self, at: Target) -> Struck:
        """The link of a worker is slow for 5 to 60 seconds."""
        return self._hold(self.hosts.slow_down, at)

    def cut_off_storage(self, at: Target) -> Struck:
        """The host of the bucket is cut off for 5 to 60 seconds."""
        with self.hosts.cut_off(WORKERS):
            seconds = at.wait_a_while()
        return Struck(f"for {seconds:g} s")

    def fill_disk(self, at: Target) -> Struck:
        """The disk on which a worker puts what it shuffles and spills is full for 5 to 60 seconds."""
        return self._hold(self._take_room, at)

    def move_clock(self, at: Target) -> Struck:
        """The clock of the driver moves for 5 to 60 seconds; then the driver is killed, and the next one has the right clock."""
        assert self.clock is not None
        hours = draw_hours(at.chance)
        self.clock.move(hours)
        at.wait_a_while()
        if at.process.poll() is None:
            at.process.kill()
            at.process.wait(PATIENCE)
        self.clock.move(0)
        return Struck(f"by {hours:+g} h")

    def move_worker_clock(self, at: Target) -> Struck:
        """The clock of a worker that was just started, and of its executors, moves for 5 to 60 seconds."""
        number, hours = at.chance.randrange(WORKERS), draw_hours(at.chance)
        with open_clock(at.workspace.parent / f"worker-{number}.clock") as clock:
            self._replace_worker(number, clock.environment)
            clock.move(hours)
            seconds = at.wait_a_while()
            self._replace_worker(number, {})
        return Struck(f"by {hours:+g} h, for {seconds:g} s")

    @contextmanager
    def give_clock(self, workspace: Path) -> Iterator[None]:
        """Drivers that start until the end of the ``with`` statement have a clock that can be moved."""
        with open_clock(workspace.parent / "driver.clock") as clock, self.driver.start_in(clock.environment):
            self.clock = clock
            try:
                yield
            finally:
                self.clock = None

    def find_left(self, workspace: Path) -> list[list[str]]:
        """The commands of processes that outlive a driver: its own, and executors."""
        if self.driver.lives:
            return []
        gone = time.monotonic() + PATIENCE
        while (left := self._executors()) and time.monotonic() < gone:
            time.sleep(0.2)
        return [*self.driver.find_orphans(), *([EXECUTOR] for _ in left)]

    def start(self) -> None:
        """Start the master, then the workers."""
        words = ("master.Master", "--host", self.hosts.first, "--port", self.port, "--webui-port", "0")
        self._launch(-1, self.hosts.first, (), *words)
        self._wait_for("I have been elected leader")
        for number in range(WORKERS):
            self.start_worker(number)

    def start_worker(self, number: int, around: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start a worker, with these variables in its environment, and wait until the master knows it."""
        host, sized = self.hosts.workers[number], ("--cores", "1", "--memory", MEMORY, "--webui-port", "0")
        folder = ("--work-dir", str(self.folder / f"work-{number}"))
        words = ("worker.Worker", "--host", host, *sized, *folder, self.master)
        known = self._log().count(f"Registering worker {host}:")
        self._launch(number, host, self.hosts.enter(number), *words, around=around)
        self._wait_for(f"Registering worker {host}:", known + 1)

    def stop(self) -> None:
        """End all processes: the driver, workers, then the master."""
        self.driver.stop()
        for number in sorted(self.running, reverse=True):
            self.running[number].terminate()
        for process in self.running.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()

    def disk_of(self, number: int) -> Path:
        """Where the executors of a worker put what they shuffle and spill."""
        return self.folder / f"disk-{number}"

    def _hold(self, fault: Callable[[int], AbstractContextManager[None]], at: Target) -> Struck:
        """A worker bears a fault that passes: until the drawn time is over, or the command."""
        number = at.chance.randrange(WORKERS)
        with fault(number):
            seconds = at.wait_a_while()
        if self.running[number].poll() is not None:  # the master had given it up, and it itself
            self.start_worker(number)
        return Struck(f"for {seconds:g} s")

    @contextmanager
    def _take_room(self, number: int) -> Iterator[None]:
        """Fill the disk of a worker until the end of the ``with`` statement."""
        ballast = self.disk_of(number) / "ballast"
        try:
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(1 << 20)):
                    pass
            yield
        finally:
            ballast.unlink()

    def _executors(self) -> list[psutil.Process]:
        """The executors of these workers."""
        found = []
        for number in range(WORKERS):
            try:
                started = psutil.Process(self.running[number].pid).children(recursive=True)
            except psutil.Error:  # the worker ended
                continue
            for process in started:
                try:
                    if EXECUTOR in process.cmdline():
                        found.append(process)
                except psutil.Error:  # it ended since
                    continue
        return found

    def _replace_worker(self, number: int, around: Mapping[str, str]) -> None:
        """End a worker, and start it anew with these variables in its environment."""
        self.running[number].terminate()
        self.running[number].wait(PATIENCE)
        self.start_worker(number, around)

    def _launch(
        self,
        number: int,
        host: str,
        enter: Sequence[str],
        name: str,
        *words: str,
        around: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start a process of Spark on a host."""
        spec = find_spec("pyspark")
        assert spec is not None
        assert spec.submodule_search_locations
        home = spec.submodule_search_locations[0]
        command = [*enter, f"{home}/bin/spark-class", f"org.apache.spark.deploy.{name}", *words]
        own = {**os.environ, **self.storage.environment, **self._environment(home, host)}
        own |= {"SPARK_LOCAL_DIRS": str(self.disk_of(number)), **around}
        with (self.folder / f"{number}.log").open("ab") as log:
            self.running[number] = subprocess.Popen(
                command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _environment(self, home: str, host: str) -> Mapping[str, str]:
        return {
            "SPARK_HOME": home,
            "SPARK_LOCAL_IP": host,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": f"{JAVA} -Dspark.worker.timeout={LOST}",
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join((str(TOP / "lib"), str(TOP))),
        }

    def _log(self) -> str:
        """What the master has said."""
        return (self.folder / "-1.log").read_text(errors="replace")

    def _wait_for(self, words: str, times: int = 1) -> None:
        """Wait until the master has said these words so often."""
        until = time.monotonic() + PATIENCE
        while self._log().count(words) < times:
            ended = [number for number, process in self.running.items() if process.poll() is not None]
            if ended or time.monotonic() > until:
                raise RuntimeError(f"the cluster did not start; see the logs in {self.folder}")
            time.sleep(0.2)


@contextmanager
def open_cluster(home: Path, megabytes: int) -> Iterator[Cluster]:
    """A cluster that runs until the end of the ``with`` statement; each worker has a disk in memory where one may be mounted."""
    with open_hosts(WORKERS + 1) as hosts, ExitStack() as opened:
        storage = opened.enter_context(open_bucket(home, hosts.workers[WORKERS], hosts.enter(WORKERS), hosts.first))
        driver = Driver(home, storage.environment)
        cluster = Cluster(hosts, home / "cluster", free_ports(1)[0], driver, storage, megabytes)
        cluster.folder.mkdir()
        for number in range(WORKERS):
            cluster.disk_of(number).mkdir()
            if can_mount(cluster.disk_of(number)):
                opened.enter_context(mount_disk(cluster.disk_of(number), f"{max(SMALL_ROOM, megabytes)}m"))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
