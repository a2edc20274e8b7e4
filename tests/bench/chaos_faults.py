"""Faults that a campaign plants into a command of the embedded engine, each at a drawn moment, and how the command then ended."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

import psutil

from tests.conformance.faults import launch, ours

LOG = "events.jsonl"
PATIENCE = 3_600
"""Seconds for a command to end, on a machine that others use too."""
ROOM = "1g"
"""Size of a disk that is not full."""
WORKER_SECONDS = 1.5
"""A worker is killed so long after the first one came at most."""
PASSING = (5.0, 60.0)
"""Seconds of a fault that passes."""


class Running(Protocol):
    """A command that was started: a process, or one of several that a process is given."""

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...

    def send_signal(self, number: int) -> None: ...

    def kill(self) -> None: ...


Launch = Callable[[Sequence[str], Path, str, Path], Running]


def keep_tables(workspace: Path) -> Mapping[str, str]:
    """No setting: the tables lie in the workspace's folder."""
    return {}


@dataclass(frozen=True)
class Moment:
    """So many seconds after a step began: a share of the time that it takes."""

    job: str
    share: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.job}, {self.share:.0%}"


@dataclass(frozen=True)
class Case:
    """A command, and what it does where nobody disturbs it.

    Args:
        seconds: of the whole command.
        steps: seconds of each job.
        tables: the hash of each table that it leaves.
        rows: the rows of each table.
        size: bytes of its workspace in the end.
        launch: starts a command, given its arguments, a workspace, the engine and a file for what it says.
        place: the settings that say where the tables of a workspace lie, if it is not its folder.
    """

    arguments: tuple[str, ...]
    engine: str = "embedded"
    launch: Launch = launch
    place: Callable[[Path], Mapping[str, str]] = keep_tables
    seconds: float = 0.0
    steps: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    size: int = 0

    def start(self, workspace: Path, log: Path) -> Running:
        """Start the command on a workspace; what it says goes to ``log``."""
        placed = (f"--set={name}={value}" for name, value in self.place(workspace).items())
        return self.launch((*self.arguments, *placed), workspace, self.engine, log)

    def draw_moment(self, chance: Random, job: str = "") -> Moment:
        """A moment of the run, or of one job, each as likely as another."""
        job = job or chance.choices([*self.steps], [*self.steps.values()])[0]
        share = round(chance.random(), 2)
        return Moment(job, share, share * self.steps[job])


@dataclass(frozen=True)
class Disturbed:
    """When the fault came, whether it met a command that was alive, with which code and last words that command ended."""

    at: str
    met: bool
    ended: int
    said: str = ""


Fault = Callable[[Case, Path, Random], Disturbed]
"""Runs the case's command in a new workspace and plants itself into it."""


@dataclass(frozen=True)
class Target:
    """A command that runs, and the chance by which it is struck."""

    case: Case
    process: Running
    workspace: Path
    chance: Random

    def wait_a_while(self) -> float:
        """Wait as long as a fault lasts that passes, or until the command ends; the drawn seconds."""
        seconds = round(self.chance.uniform(*PASSING), 1)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return seconds


@dataclass(frozen=True)
class Struck:
    """What a fault was, and whether it met what it is about."""

    told: str = ""
    met: bool = True


Strike = Callable[[Target], Struck]
"""Plants a fault into a command that runs, and returns once the fault is over."""


def log_of(workspace: Path) -> Path:
    """Where a disturbed command tells what it does: beside the folder of its workspace."""
    return workspace.parent.with_suffix(".log")


def begin(case: Case, workspace: Path, moment: Moment) -> tuple[Running, bool]:
    """Start the command and wait for the moment; the process, and whether it is alive then."""
    before = _count_begun(workspace, moment.job)
    process = case.start(workspace, log_of(workspace))
    while _count_begun(workspace, moment.job) == before:
        if process.poll() is not None:
            return process, False
        time.sleep(0.005)
    time.sleep(moment.seconds)
    return process, process.poll() is None


def finish(process: Running, workspace: Path, at: object, met: bool) -> Disturbed:
    """What came of a command, once it has ended."""
    code = process.wait(PATIENCE)
    return Disturbed(str(at), met, code, read_last_line(log_of(workspace), workspace) if code else "")


def read_last_line(log: Path, workspace: Path) -> str:
    """The last line that a command said, without names of this machine."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].replace(str(workspace), "WORKSPACE").replace(str(Path.home()), "~")[:200] if lines else ""


def read_events(workspace: Path) -> list[dict[str, Any]]:
    """The log of a workspace, without lines that a kill cut off."""
    found = []
    with suppress(FileNotFoundError):
        for line in (workspace / LOG).read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
    return found


def plant(strike: Strike) -> Fault:
    """A command that is struck once, at a drawn moment."""

    def strike_once(case: Case, workspace: Path, chance: Random) -> Disturbed:
        moment = case.draw_moment(chance)
        process, met = begin(case, workspace, moment)
        struck = strike(Target(case, process, workspace, chance))
        return finish(process, workspace, ", ".join(filter(None, (str(moment), struck.told))), met and struck.met)

    return strike_once


def send(number: signal.Signals) -> Strike:
    """The process that was started is sent a signal."""

    def strike(at: Target) -> Struck:
        at.process.send_signal(number)
        return Struck()

    return strike


def kill_twice(case: Case, workspace: Path, chance: Random) -> Disturbed:
    """The driver is killed, and so is the one that goes on, within the step that was cut off."""
    first = plant(send(signal.SIGKILL))(case, workspace, chance)
    again = case.draw_moment(chance, first.at.partition(",")[0])
    process, met = begin(case, workspace, again)
    process.kill()
    return finish(process, workspace, f"{first.at} and {again.share:.0%}", met and first.met)


def kill_worker(case: Case, workspace: Path, chance: Random) -> Disturbed:
    """One of the processes that run kernels is killed, a while after the first of them came."""
    seconds = round(chance.random() * WORKER_SECONDS, 2)
    process = launch(case.arguments, workspace, case.engine, log_of(workspace))
    met = False
    while process.poll() is None and not _find_workers(process, workspace):
        time.sleep(0.02)
    time.sleep(seconds)
    if process.poll() is None and (found := _find_workers(process, workspace)):
        met = kill_process(chance.choice(found))
    return finish(process, workspace, f"{seconds:.2f} s after the first worker", met)


def kill_process(process: psutil.Process) -> bool:
    """Whether the process was there to be killed (-9): it may have ended since it was found."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def fill_disk(case: Case, workspace: Path, chance: Random) -> Disturbed:
    """The disk of the workspace, which is mounted on its folder, has less room than the command needs; afterwards it has more."""
    share = round(chance.random(), 2)
    resize(workspace.parent, f"{int(share * case.size / 1024) + 4}k")
    process = launch(case.arguments, workspace, case.engine, log_of(workspace))
    code = process.wait(PATIENCE)
    resize(workspace.parent, ROOM)
    return finish(process, workspace, f"{share:.0%} of the room", code != 0)


def write_at_once(case: Case, workspace: Path, chance: Random) -> Disturbed:
    """A second command starts on the workspace while the first one runs; how the second one ended."""
    moment = case.draw_moment(chance)
    first, met = begin(case, workspace, moment)
    log_of(workspace).rename(workspace.parent.with_suffix(".first.log"))
    second = launch(case.arguments, workspace, case.engine, log_of(workspace))
    found = finish(second, workspace, moment, met)
    if code := first.wait(PATIENCE):
        raise RuntimeError(f"the first of two commands ended with {code}")
    return found


@contextmanager
def mount_disk(place: Path, size: str) -> Iterator[None]:
    """A disk in memory, mounted on a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def can_mount(place: Path) -> bool:
    """Whether this process may mount a disk."""
    try:
        with mount_disk(place, ROOM):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def resize(place: Path, size: str) -> None:
    """Give a disk in memory another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", place], check=True)


def _count_begun(workspace: Path, job: str) -> int:
    """How often a step of this job has begun, by the log of the workspace."""
    return sum(event["event"] == "started" and event["job"] == job for event in read_events(workspace))


def _find_workers(driver: subprocess.Popen[bytes], workspace: Path) -> list[psutil.Process]:
    return [process for process in ours(workspace) if process.pid != driver.pid]
