"""The engine of a process: several workspaces share it, whichever is closed first ends it, and the next one starts it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from resonance.runtime.engines import embedded

ONE_AFTER_THE_OTHER = """
import sys
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace

for name in ("first", "second"):
    opened = Workspace(load("local", workspace=f"{sys.argv[1]}/{name}"), create=True)
    print(opened.spark.range(3).count())
    opened.close()
"""


def test_an_engine_is_ended_once(monkeypatch):
    ended: list[str] = []
    server: Any = SimpleNamespace(stop=lambda: ended.append("server"))
    workers: Any = SimpleNamespace(close=lambda: ended.append("workers"))
    session: Any = SimpleNamespace(stop=lambda: ended.append("session"))
    engine = embedded.EmbeddedEngine(session, server, workers)
    monkeypatch.setattr(embedded, "_running", engine)
    engine.stop()
    engine.stop()
    assert ended == ["workers", "session", "server"]
    assert embedded.running() is None


def test_workspaces_follow_each_other_in_one_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ONE_AFTER_THE_OTHER, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == ["3", "3"], done.stderr[-2000:]
