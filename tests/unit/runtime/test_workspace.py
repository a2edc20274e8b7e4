"""Rows that no step writes are added to a workspace one by one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from resonance.core.settings import Config
from resonance.runtime.workspace import Workspace
from resonance.tables import APPROVALS


def test_rows_are_added_where_the_clock_was_ahead_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(Config(workspace=str(tmp_path)), create=True)
    with monkeypatch.context() as clock:
        ahead = time.time_ns() + 36_000 * 1_000_000_000
        clock.setattr(time, "time_ns", lambda: ahead)
        workspace.sign(("d", "rules", "1"), "first", "seen", "approve")
    workspace.sign(("d", "rules", "2"), "second", "seen", "approve")
    workspace.sign(("d", "rules", "3"), "third", "seen", "approve")
    assert sorted(row["name"] for row in workspace.catalog.rows(APPROVALS)) == ["first", "second", "third"]
