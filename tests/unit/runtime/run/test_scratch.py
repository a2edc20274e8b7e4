"""What a killed process spilled is cleared up by the next one; what a living one holds stays."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from resonance.runtime.run.scratch import SPILL, own_name, remove_dead, spill_folder

MACHINE = socket.gethostname()


@pytest.fixture(scope="module")
def ended() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_only_what_dead_processes_of_this_machine_left_is_removed(ended: int, tmp_path: Path) -> None:
    for name in (f"{MACHINE}-{ended}", f"{MACHINE}-{os.getppid()}", f"{MACHINE}-{os.getpid()}", f"other-{ended}", "kept"):
        (tmp_path / SPILL / name / "datafusion-x").mkdir(parents=True)
    assert spill_folder(tmp_path) == tmp_path / SPILL / f"{MACHINE}-{os.getpid()}"
    assert {path.name for path in (tmp_path / SPILL).iterdir()} == {
        *(f"{MACHINE}-{process}" for process in (os.getpid(), os.getppid())),
        f"other-{ended}",
        "kept",
    }


def test_maintenance_removes_what_steps_left_and_keeps_what_processes_hold(ended: int, tmp_path: Path) -> None:
    stay = {own_name("judge"), f"judge-{MACHINE}-{os.getppid()}", f"judge-other-{ended}", f"judge-other{MACHINE}-{ended}", SPILL}
    for name in (*stay, f"judge-{MACHINE}-{ended}", "0123456789abcdef", f"{SPILL}/{own_name()}", f"{SPILL}/{MACHINE}-{ended}"):
        (tmp_path / name / "rows").mkdir(parents=True)
    remove_dead(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == stay
    assert [path.name for path in (tmp_path / SPILL).glob(f"{MACHINE}-*")] == [own_name()]
