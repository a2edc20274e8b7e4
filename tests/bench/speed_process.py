"""Runs a command as a session of its own: how long it took, of how many cores, and the most memory of its processes together."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 3.0
"""To sum up the pages of a process takes the kernel a twentieth of a second for each GB: more often would slow what is timed."""
PARENT, SESSION = 1, 3
"""Which fields of /proc/<pid>/stat behind the command's name are the parent and the session."""


@dataclass(frozen=True)
class Usage:
    """What a command used; ``peak_gb`` is the largest sum of proportional set sizes over all of its processes."""

    seconds: float
    cpu_seconds: float
    peak_gb: float


@dataclass
class Memory:
    """Samples the proportional set size of all processes of a session, and of what they started, until it is told to stop."""

    session: int
    peak: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Runs in a thread."""
        while not self.stop.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(pss(pid) for pid in processes(self.session)))


def processes(session: int) -> Iterator[Path]:
    """The folders in /proc of the processes of a session, and of what they started: our workers are sessions of their own."""
    about: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            about[int(folder.name)] = int(fields[PARENT]), int(fields[SESSION])
    ours = {pid for pid, (_, own) in about.items() if own == session}
    while started := {pid for pid, (parent, _) in about.items() if parent in ours} - ours:
        ours |= started
    return (Path("/proc", str(pid)) for pid in sorted(ours))


def pss(process: Path) -> int:
    """The proportional set size of a process in bytes; 0 where it ended meanwhile."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def run(command: Sequence[object], log: Path, *, ours: bool = False) -> Usage:
    """Runs a command to its end; its output goes to ``log``. Only one of ``ours`` is led to our packages by the environment.

    Raises:
        RuntimeError: it failed; the message holds the end of its output.
    """
    words = [str(word) for word in command]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True, env=dict(os.environ) if ours else environment()
        )
        memory = Memory(process.pid)
        watcher = threading.Thread(target=memory.watch, daemon=True)
        watcher.start()
        try:
            failed = process.wait()
        finally:
            if process.poll() is None:  # we were interrupted: leave nothing behind
                os.killpg(process.pid, signal.SIGTERM)
            memory.stop.set()
    seconds = time.monotonic() - began
    watcher.join()
    if failed:
        raise RuntimeError(f"{' '.join(words)} ended with {failed}; see {log}:\n{log.read_text(errors='replace')[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)  # what its processes used, as far as their parents waited for them
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(round(seconds, 2), round(cpu, 1), round(memory.peak / 1e9, 3))


def environment() -> dict[str, str]:
    """The environment without what would lead another interpreter to our packages, or keep it from its bytecode."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
