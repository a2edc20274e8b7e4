"""Processor time of every process that bears a mark in its environment, whoever started it and whoever waits for it.

Ranks of a training are no children of the command that asked for them: what a parent is told of its children leaves them out.
"""

from __future__ import annotations

import os
import threading
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

MARK = "RESONANCE_BENCH_MARK"
EVERY = 0.25
"""Seconds between two looks: so much of the end of a process may be missed."""


class Meter:
    """Counts the processor time of what is started within it; processes of before do not bear its mark."""

    def __init__(self) -> None:
        self._mark = f"{MARK}={uuid.uuid4().hex}"
        self._seen: dict[tuple[str, str], int] = {}
        self._strangers: set[tuple[str, str]] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        os.environ[MARK] = self._mark.partition("=")[2]
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self.look()
        del os.environ[MARK]

    @property
    def seconds(self) -> float:
        """What was seen so far."""
        return round(sum(self._seen.values()) / os.sysconf("SC_CLK_TCK"), 1)

    def look(self) -> None:
        """Note how far each marked process has come."""
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                key = (folder.name, fields[19])  # a number is given again to another process, which starts later
                if key not in self._strangers and (key in self._seen or self._bears_mark(folder)):
                    self._seen[key] = max(self._seen.get(key, 0), int(fields[11]) + int(fields[12]))
                else:
                    self._strangers.add(key)
            except (OSError, IndexError):  # it ended meanwhile
                continue

    def _bears_mark(self, folder: Path) -> bool:
        return self._mark.encode() in (folder / "environ").read_bytes().split(b"\0")

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            self.look()
