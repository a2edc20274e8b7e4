"""A driver of Spark that stays, as that of a notebook does: it takes command after command, until one fails or kills it.

To start Spark, and to warm it up, takes most of the time of a small command. Run by itself, this module is that driver.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.places import TOP
from tests.conformance.faults import MARK, command, find_orphans

PAUSE = 0.02
"""Seconds between two looks at a command."""


@dataclass
class Given:
    """A command that a driver was given: it looks like a process."""

    driver: subprocess.Popen[bytes]
    code: int | None = None

    def poll(self) -> int | None:
        """With which code it ended; None while it runs."""
        if self.code is None and self.driver.stdout and select.select([self.driver.stdout], [], [], 0)[0]:
            line = self.driver.stdout.readline()
            self.code = int(line) if line else self.driver.wait()
        return self.code

    def wait(self, timeout: float) -> int:
        """The code with which it ends.

        Raises:
            TimeoutExpired: it runs longer.
        """
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("a command of the driver", timeout)
            time.sleep(PAUSE)
        return code

    def send_signal(self, number: int) -> None:
        """Send its driver a signal."""
        self.driver.send_signal(number)

    def kill(self) -> None:
        """Kill its driver."""
        self.driver.kill()


@dataclass
class Driver:
    """Runs commands in one process after another: a new one where the last command of the old one failed, or killed it.

    Args:
        own: variables of the environment of every process.
        around: those of a process that is started now, besides.
    """

    folder: Path
    own: Mapping[str, str]
    started: int = 0
    last: Given | None = field(default=None)
    around: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def start_in(self, environment: Mapping[str, str]) -> Iterator[None]:
        """Commands go to a process with these variables in its environment until the end of the ``with`` statement."""
        self.stop()
        self.around = environment
        try:
            yield
        finally:
            self.stop()
            self.around = {}

    def launch(self, arguments: Sequence[str], workspace: Path, engine: str, log: Path) -> Given:
        """Give a command; what it says goes to ``log``."""
        if self.last is None or self.last.poll() != 0:
            self.stop()
            self.started += 1
            around = {**os.environ, **self.own, MARK: self.mark, **self.around}
            words = [sys.executable, "-m", "tests.bench.chaos_driver"]
            process = subprocess.Popen(words, cwd=TOP, env=around, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        else:
            process = self.last.driver
        assert process.stdin is not None
        _, _, _, *given = command(arguments, workspace, engine)
        process.stdin.write(json.dumps({"arguments": given, "log": str(log)}).encode() + b"\n")
        process.stdin.flush()
        self.last = Given(process)
        return self.last

    @property
    def mark(self) -> str:
        """What all processes of this driver inherit."""
        return str(self.folder / f"driver-{self.started}")

    @property
    def lives(self) -> bool:
        """Whether there is a process that takes commands."""
        return self.last is not None and self.last.driver.poll() is None

    def find_orphans(self) -> list[list[str]]:
        """The commands of processes that a dead driver has left."""
        return [] if self.lives else find_orphans(Path(self.mark))

    def stop(self) -> None:
        """End the process."""
        if self.last is not None and self.last.driver.stdin:
            self.last.driver.stdin.close()
            try:
                self.last.driver.wait(60)
            except subprocess.TimeoutExpired:
                self.last.driver.kill()
                self.last.driver.wait()
            self.last = None


def take_commands() -> None:
    """Run each command that a line of the standard input asks for, and answer with its code."""
    from resonance.cli import main

    with os.fdopen(os.dup(1), "w") as answers:
        for line in sys.stdin:
            asked = json.loads(line)
            with Path(asked["log"]).open("wb") as log:
                for stream in (1, 2):
                    os.dup2(log.fileno(), stream)
            try:
                main(asked["arguments"])
                code = 0
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
            except BaseException:
                traceback.print_exc()
                code = 1
            print(code, file=answers, flush=True)


if __name__ == "__main__":
    take_commands()
