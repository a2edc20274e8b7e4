"""Commands that a fault is planted into: how they start, which processes are theirs, and what they must leave in the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil
from deltalake import DeltaTable

from resonance.core.files import LOCK
from tests.conformance.commands import SECONDS, TOP

MARK = "RESONANCE_KILLED"
"""What all processes of a command inherit: it names their workspace."""
CURATED = ("ingest", "judge", "dedupe", "decontaminate")
"""The steps of ``curate``."""


@dataclass(frozen=True)
class Undisturbed:
    """A command, how long it takes once it holds its workspace, and hashes of the tables that it leaves."""

    arguments: tuple[str, ...]
    seconds: float
    tables: dict[str, str]


def command(arguments: Sequence[str], workspace: Path, engine: str = "embedded") -> list[str]:
    """The words of a command on a workspace."""
    return [sys.executable, "-m", "resonance.cli", *arguments, "--workspace", str(workspace), f"--set=spark.engine={engine}"]


def launch(
    arguments: Sequence[str],
    workspace: Path,
    engine: str = "embedded",
    log: Path | None = None,
    around: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[bytes]:
    """The command in a process of its own, marked; what it says goes to ``log``, or nowhere; ``around`` to its environment."""
    told = subprocess.DEVNULL if log is None else log.open("wb")
    own = {**os.environ, MARK: str(workspace), **around}
    try:
        return subprocess.Popen(command(arguments, workspace, engine), cwd=TOP, env=own, stdout=told, stderr=told)
    finally:
        if not isinstance(told, int):
            told.close()


def start(arguments: Sequence[str], workspace: Path, engine: str = "embedded", log: Path | None = None) -> subprocess.Popen[bytes]:
    """The command in a process of its own, once it holds its workspace: what comes before leaves nothing."""
    process = launch(arguments, workspace, engine, log)
    deadline = time.monotonic() + SECONDS
    while not (workspace / LOCK).exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return process


def ours(workspace: Path) -> list[psutil.Process]:
    """Processes that commands in this workspace started, by what they inherited."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(workspace) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def find_orphans(workspace: Path, seconds: float = 10) -> list[list[str]]:
    """The commands of processes that are still there after a while, when their command has ended."""
    gone = time.monotonic() + seconds
    while (left := ours(workspace)) and time.monotonic() < gone:
        time.sleep(0.02)
    return [process.cmdline() for process in left]


def check_steps(workspace: Path, jobs: Collection[str]) -> None:
    """Raise unless each step's rows in are its rows out and those that it cut, and no step was done twice."""
    rows = DeltaTable(workspace / "tables" / "steps").to_pyarrow_table().to_pylist(maps_as_pydicts="strict")
    assert [row["job"] for row in sorted(rows, key=lambda row: row["finished_at"])] == list(jobs)
    for row in rows:
        assert row["rows_in"] == row["rows_out"] + row["rows_cut"], row["job"]
        assert row["rows_cut"] == sum(row["cut_by_rule"].values()), row["job"]
