"""A clock that moves by hours while a command runs: a small library, compiled here, answers in place of the system."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from random import Random

from tests.bench import places
from tests.bench.chaos_faults import Case, Disturbed, Struck, Target, plant
from tests.conformance.faults import launch

CLOCKS = "clocks that move (a C compiler)"
HOURS = (1.0, 48.0)
"""How far a clock moves, ahead or behind."""


@dataclass(frozen=True)
class Clock:
    """The clock of the processes that are started in its environment: right, until it is moved.

    Args:
        file: where they see by how many seconds it is wrong.
    """

    file: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What these processes are told."""
        return {"LD_PRELOAD": str(compile_library()), "CLOCK_FILE": str(self.file)}

    def move(self, hours: float) -> None:
        """Have it be so many hours ahead, or behind where they are less than none."""
        with self.file.open("r+b") as file:
            file.write(struct.pack("l", round(hours * 3600)))


@contextmanager
def open_clock(file: Path) -> Iterator[Clock]:
    """A clock that is right, told by a file of its own, until the end of the ``with`` statement."""
    clock = Clock(file)
    file.write_bytes(struct.pack("l", 0))
    try:
        yield clock
    finally:
        file.unlink()


def can_compile() -> bool:
    """Whether there is a compiler of C."""
    return shutil.which("cc") is not None


@cache
def compile_library() -> Path:
    """The library that answers in place of the system."""
    source = Path(__file__).with_suffix(".c")
    library = places.cache("clock") / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True, capture_output=True)
    return library


def move_clock(case: Case, workspace: Path, chance: Random) -> Disturbed:
    """The clock of a command moves, which is killed some time after that, or comes to its end before."""

    def strike(at: Target) -> Struck:
        hours = draw_hours(at.chance)
        clock.move(hours)
        with suppress(subprocess.TimeoutExpired):
            at.process.wait(at.chance.random() * at.case.seconds)
        if at.process.poll() is None:
            at.process.kill()
        return Struck(f"by {hours:+g} h")

    with open_clock(workspace.parent.with_suffix(".clock")) as clock:
        return plant(strike)(replace(case, launch=partial(launch, around=clock.environment)), workspace, chance)


def draw_hours(chance: Random) -> float:
    """By how many hours a clock moves, ahead or behind."""
    return round(chance.choice((-1, 1)) * chance.uniform(*HOURS), 1)
