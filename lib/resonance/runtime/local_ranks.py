"""Ranks on this machine: started by Horovod once, kept for one order after the other.

Run as a program, it is ``horovodrun`` that dies with its parent.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from resonance.core.errors import SetupError
from resonance.core.launch import Ranks
from resonance.core.settings import TrainSettings
from resonance.runtime import orders

STOP_SECONDS = 15
"""Horovod gives ranks 5 seconds to end before it kills them."""
QUICK = {
    "HOROVOD_CYCLE_TIME": "10",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
}
"""Look for sums every 10 ms, as one a step needs no more; keep memory from one pass to the next (saves 15 % of the time)."""


class HorovodLaunch:
    """``horovodrun`` with gloo on this machine. Its ranks die with it, and it dies with this process.

    Ranks that have done what they were started for stay for the next order: to start them takes as long as a small training.
    After a failure new ones are started.
    """

    def __init__(self, settings: TrainSettings) -> None:
        self._settings = settings
        self._group: Group | None = None
        self.ranks = settings.ranks

    def start(self, module: str, spec: Path) -> Ranks:
        """Give the order to the ranks that are here, or to new ones; what they print is left beside the spec if they fail."""
        require_horovod()
        if self._group is None or self._group.ended() is not None:
            self.close()
            self._group = Group(self._settings)
        return LocalRanks(self._group, module, spec)

    def close(self) -> None:
        """End the ranks that stay."""
        if self._group is not None:
            self._group.stop()
            self._group = None


class Group:
    """A running ``horovodrun``, and the folder where its ranks look for orders."""

    def __init__(self, settings: TrainSettings) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="resonance-ranks-"))
        self._size = settings.ranks
        self._orders = 0
        self.log = self._folder / "launch.txt"
        horovodrun = [
            sys.executable,
            "-m",
            __name__,
            "-np",
            str(self._size),
            "--gloo",
            "--start-timeout",
            str(settings.start_timeout),
        ]
        command = [*horovodrun, sys.executable, "-m", orders.__name__, str(self._folder)]
        with self.log.open("w") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                env={**os.environ, **environment(settings)},
                start_new_session=True,
            )

    def order(self, module: str, spec: Path) -> int:
        """Have each rank run the module on the spec, after what was ordered before; the number of this order."""
        self._orders += 1
        orders.give(self._folder, self._orders, module, spec)
        return self._orders

    def done(self, number: int) -> bool:
        """Whether all ranks have come to the end of an order."""
        return orders.done(self._folder, number) == self._size

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

    def __init__(self, group: Group, module: str, spec: Path) -> None:
        self._group = group
        self._log = spec.with_name("launch.txt")
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
        first = re.search(r"Process name: (\d+)\s+Exit code: (\d+)", told)
        if first is None:
            return f"horovodrun ended with {self._group.ended()}: {last_line(told)}"
        rank, code = first[1], int(first[2])
        if code > 128:
            return f"rank {rank} was killed by signal {code - 128}"
        said = last_line("\n".join(re.findall(rf"^\[{rank}\]<stderr>:(.*)$", told, re.MULTILINE)))
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


def require_horovod() -> None:
    """Nothing, where Horovod is installed.

    Raises:
        SetupError: it is not.
    """
    if importlib.util.find_spec("horovod") is None:
        raise SetupError("Horovod is not installed: run `make setup`, or set train.launch=inline for one rank")


def last_line(text: str) -> str:
    """The last line that is not blank, else nothing."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _die_with_parent() -> None:
    """Read what only the parent can end, past ``sys.stdin``, whose lock would hang forked children.

    Horovod's guards end the ranks when this process is gone.
    """
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    from horovod.runner.launch import run_commandline

    threading.Thread(target=_die_with_parent, daemon=True).start()
    run_commandline()
