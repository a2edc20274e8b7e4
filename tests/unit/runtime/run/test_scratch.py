"""What a killed process spilled is cleared up by the next one; what a living one holds stays."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from resonance.runtime.run.scratch import spill_folder


def test_only_what_dead_processes_of_this_machine_left_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    machine = socket.gethostname()
    for name in (f"{machine}-{ended.pid}", f"{machine}-{os.getppid()}", f"{machine}-{os.getpid()}", f"other-{ended.pid}", "kept"):
        (tmp_path / name / "datafusion-x").mkdir(parents=True)
    assert spill_folder(tmp_path) == tmp_path / f"{machine}-{os.getpid()}"
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{machine}-{process}" for process in (os.getpid(), os.getppid())),
        f"other-{ended.pid}",
        "kept",
    }
