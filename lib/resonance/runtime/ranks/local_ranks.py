"""Ranks on this machine: started once, by Horovod or by torch, kept for one order after the other.

Run as a program, it is the launcher of one of them (``horovodrun``, ``torchrun``), and dies with its parent.
"""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Protocol

from resonance.core.errors import SetupError
from resonance.core.launch import Ranks
from resonance.core.settings import TrainSettings
from resonance.runtime.ranks import orders

STOP_SECONDS = 15
"""Horovod gives ranks 5 seconds to end before it kills them."""
QUICK = {
    "HOROVOD_CYCLE_TIME": "10",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
}
"""Look for sums every 10 ms, as one a step needs no more; keep memory from one pass to the next (saves 15 % of the time)."""


class Way(Protocol):
    """A launcher of ranks: how it is called, and how what it prints is read."""

    name: str

    def require(self) -> None:
        """Raise SetupError unless it is installed.

        Raises:
            SetupError: it is not.
        """
        ...

    def options(self, settings: TrainSettings) -> list[str]:
        """What it is called with, before the command of a rank."""
        ...

    def run(self, arguments: list[str]) -> None:
        """Be the launcher."""
        ...

    def first_failure(self, told: str) -> tuple[int, int] | None:
        """The rank that failed first and its exit code, negative for a signal, as the launcher told."""
        ...

    def lines_of(self, rank: int, told: str) -> list[str]:
        """What a rank printed as errors."""
        ...


class Horovodrun:
    """``horovodrun`` with gloo. Its guards end the ranks when it is gone."""

    name = "horovodrun"

    def require(self) -> None:
        """Raise SetupError unless Horovod is installed."""
        if importlib.util.find_spec("horovod") is None:
            raise SetupError("Horovod is not installed: run `make setup`, or set train.launch=inline for one rank")

    def options(self, settings: TrainSettings) -> list[str]:
        """Ranks, back end, patience."""
        return ["-np", str(settings.ranks), "--gloo", "--start-timeout", str(settings.start_timeout)]

    def run(self, arguments: list[str]) -> None:
        """Be ``horovodrun``."""
        from horovod.runner.launch import run_commandline

        sys.argv[1:] = arguments
        run_commandline()

    def first_failure(self, told: str) -> tuple[int, int] | None:
        """As it tells of the first process that ended; a signal is 128 more."""
        first = re.search(r"Process name: (\d+)\s+Exit code: (\d+)", told)
        if first is None:
            return None
        code = int(first[2])
        return int(first[1]), 128 - code if code > 128 else code

    def lines_of(self, rank: int, told: str) -> list[str]:
        """Lines that it marks as the rank's."""
        return re.findall(rf"^\[{rank}\]<stderr>:(.*)$", told, re.MULTILINE)


class Torchrun:
    """``torchrun`` (torch.distributed.run) on one node. Ranks end themselves when it is gone (``orders``)."""

    name = "torchrun"

    def require(self) -> None:
        """Raise SetupError unless torch is installed."""
        if importlib.util.find_spec("torch") is None:
            raise SetupError("torch is not installed: run `make setup`")

    def options(self, settings: TrainSettings) -> list[str]:
        """Ranks; a free port; each line marked by its rank."""
        return ["--standalone", "--nproc-per-node", str(settings.ranks), "--tee", "3", "--no-python"]

    def run(self, arguments: list[str]) -> None:
        """Be ``torchrun``."""
        sys.argv[1:] = arguments
        runpy.run_module("torch.distributed.run", run_name="__main__", alter_sys=True)

    def first_failure(self, told: str) -> tuple[int, int] | None:
        """As it tells of the root cause."""
        first = re.search(r"Root Cause.*?rank\s*: (\d+).*?exitcode\s*: (-?\d+)", told, re.DOTALL)
        return (int(first[1]), int(first[2])) if first else None

    def lines_of(self, rank: int, told: str) -> list[str]:
        """Lines that it marks as the rank's."""
        return re.findall(rf"^\[default{rank}\]:(.*)$", told, re.MULTILINE)


HOROVOD, TORCH = Horovodrun(), Torchrun()
WAYS: dict[str, Way] = {way.name: way for way in (HOROVOD, TORCH)}


class LocalLaunch:
    """Ranks on this machine. They die with this process.

    Ranks that have done what they were started for stay for the next order: to start them takes as long as a small training.
    After a failure new ones are started.
    """

    def __init__(self, settings: TrainSettings, way: Way) -> None:
        self._settings = settings
        self._way = way
        self._group: Group | None = None
        self.ranks, self.room = settings.ranks, 1  # what they share with the engine, cores and memory, is this machine's

    def start(self, module: str, spec: str, log: Path) -> Ranks:
        """Give the order to the ranks that are here, or to new ones; what they print is left in ``log`` if they fail."""
        self._way.require()
        if self._group is None or self._group.ended() is not None:
            self.close()
            self._group = Group(self._settings, self._way)
        return LocalRanks(self._group, module, spec, log)

    def close(self) -> None:
        """End the ranks that stay."""
        if self._group is not None:
            self._group.stop()
            self._group = None


class Group:
    """A running launcher, and the folder where its ranks look for orders."""

    def __init__(self, settings: TrainSettings, way: Way) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="resonance-ranks-"))
        self._size = settings.ranks
        self._orders = 0
        self.way = way
        self.log = self._folder / "launch.txt"
        rank = [sys.executable, "-m", orders.__name__, str(self._folder)]
        with self.log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, way.name, *way.options(settings), *rank],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                env={**os.environ, **environment(settings)},
                start_new_session=True,
            )

    def order(self, module: str, spec: str) -> int:
        """Have each rank run the module on the spec, after what was ordered before; the number of this order."""
        self._orders += 1
        orders.give(self._folder, self._orders, module, spec)
        return self._orders

    def done(self, number: int) -> bool:
        """Whether all ranks have come to the end of an order."""
        return orders.count_done(self._folder, number) == self._size

    def ended(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End the ranks and wait for it."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class LocalRanks:
    """One order to a group: it ends when all ranks have done it, or with the group."""

    def __init__(self, group: Group, module: str, spec: str, log: Path) -> None:
        self._group = group
        self._log = log
        self._number = group.order(module, spec)
        self._done = False

    def poll(self) -> bool:
        """Whether it has ended."""
        self._done = self._done or self._group.done(self._number)
        if self._done or self._group.ended() is None:
            return self._done
        if not self._log.exists() and self._group.log.exists():
            shutil.copyfile(self._group.log, self._log)
        return True

    @property
    def error(self) -> str | None:
        """Which rank ended first, how, and the last line that it said."""
        if self._done or not self._group.ended():
            return None
        told = self._log.read_text(errors="replace")
        first = self._group.way.first_failure(told)
        if first is None:
            return f"{self._group.way.name} ended with {self._group.ended()}: {last_line(told)}"
        rank, code = first
        if code < 0:
            return f"rank {rank} was killed by signal {-code}"
        said = last_line("\n".join(self._group.way.lines_of(rank, told)))
        return f"rank {rank} ended with {code}" + (f": {said}" if said else "")

    def stop(self) -> None:
        """End the ranks and wait for it, unless they have done what they were started for."""
        if not self._done:
            self._group.stop()


def environment(settings: TrainSettings) -> dict[str, str]:
    """What ranks find in their environment: as many threads as the settings say."""
    count = str(settings.threads)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), count)
    patience = {"HOROVOD_GLOO_TIMEOUT_SECONDS": str(settings.start_timeout)}
    return {**threads, **patience, **QUICK, "PYTHONUNBUFFERED": "1"}


def last_line(text: str) -> str:
    """The last line that is not blank, else nothing."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _die_with_parent() -> None:
    """Read what only the parent can end, past ``sys.stdin``, whose lock would hang forked children."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_die_with_parent, daemon=True).start()
    WAYS[sys.argv[1]].run(sys.argv[2:])
