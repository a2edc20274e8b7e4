"""The engine of a process: several workspaces share it, and whichever is closed first ends it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from resonance.runtime.engines import embedded


def test_an_engine_is_ended_once(monkeypatch):
    ended: list[str] = []
    server: Any = SimpleNamespace(stop=lambda: ended.append("server"))
    workers: Any = SimpleNamespace(close=lambda: ended.append("workers"))
    session: Any = None
    engine = embedded.EmbeddedEngine(session, server, workers)
    monkeypatch.setattr(embedded, "_running", engine)
    engine.stop()
    engine.stop()
    assert ended == ["workers", "server"]
    assert embedded.running() is None
