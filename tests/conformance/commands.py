"""Commands of the product on one engine or the other: in this process where that is the engine of the run, else apart from it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.tables import TABLES

SECONDS = 300
TOP = Path(__file__).parents[2]
DATA_HALF = ("ingest", "judge", "dedupe", "decontaminate", "hold_out", "decide", "rebalance")
"""Jobs up to what a round draws; none of them needs a trainer."""
SMALL_PLAN = (
    "ingest.keep_raw=false",
    "ingest.min_slice_documents=5",
    "rebalance.tokens=20000",
    "rebalance.heldout_share=0.2",
    "tracking.enabled=false",
)
"""Settings under which they draw from some hundred documents."""


class Runner:
    """Runs commands on either engine.

    Args:
        here: the engine of this process; its session runs already.
    """

    def __init__(self, here: str) -> None:
        self._here = here

    def run(self, engine: str, *arguments: str, **environment: str) -> str:
        """Run a command to its end; what a process of its own said."""
        if engine == self._here and not environment:
            main([*arguments])
            return ""
        return run_apart(*arguments, f"--set=spark.engine={engine}", **environment)

    def refused(self, engine: str, *arguments: str) -> str:
        """The error that a command ends with."""
        done = start_apart((*arguments, f"--set=spark.engine={engine}"), {}, check=False)
        assert done.returncode == 1, done.stdout
        return done.stderr


def run_apart(*arguments: str, **environment: str) -> str:
    """What a command says in a process of its own."""
    return start_apart(arguments, environment).stdout


def start_apart(
    arguments: Sequence[str], environment: Mapping[str, str], *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own to its end."""
    command = [sys.executable, "-m", "resonance.cli", *arguments]
    around = {**os.environ, "COLUMNS": "200", **environment}
    done = subprocess.run(command, env=around, capture_output=True, text=True, timeout=SECONDS, cwd=TOP)
    assert not check or done.returncode == 0, f"{' '.join(arguments)}: {done.stdout[-1_000:]}{done.stderr[-2_000:]}"
    return done


def told(workspace: Path) -> dict[str, tuple[str, str]]:
    """Rows and hash of each table, as ``resonance tables --hash`` tells them."""
    return parse_told(run_apart("tables", "--hash", "--workspace", str(workspace)))


def parse_told(said: str) -> dict[str, tuple[str, str]]:
    """Rows and hash of each table, of what ``resonance tables --hash`` said."""
    found = re.findall(r"│ (\w+) +│ +\S+ │ +(.+?) │ +([0-9a-f]{16}) │", said)
    assert len(found) == len(TABLES), said
    return {name: (rows, digest) for name, rows, digest in found}


def digests(workspace: Path) -> dict[str, str]:
    """The hash of each table, by the engine of this process."""
    return Workspace(load("local", "", workspace=str(workspace))).digests()
