"""Rows that no step writes are added to a workspace one by one; where tables lie says which engine a workspace opens."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from resonance.core.errors import ConfigError, InputError
from resonance.core.settings import Config
from resonance.factory import loop
from resonance.runtime import workspace as module
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace, refuse_unchecked
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


def test_tables_on_hdfs_are_read_and_written_by_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def open_engine(name: str, *given: object, places: tuple[str, ...], **more: object) -> None:
        opened.append((name, places))

    monkeypatch.setattr(module, "open_engine", open_engine)
    tables, kept, texts = "hdfs://node:8020/texts", "hdfs://node:8020/kept", "/a/texts.jsonl"
    settings = [f"workspace={tmp_path}", f"tables={tables}", f"ingest.inputs=[{texts}]"]
    for more in ({"create": True}, {"reads": True}):
        _ = Workspace(load(assignments=settings), **more).engine
    _ = Workspace(load(assignments=[*settings, f"checkpoints={kept}"])).engine
    assert opened == [("spark", (tables, "", texts))] * 2 + [("spark", (tables, "", kept, texts))]
    refuse_unchecked(load(assignments=settings), loop(Config()), ())  # what is registered, Spark alone can tell


@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        (["spark.engine=embedded", "tables=hdfs://node/texts"], ConfigError, r"compute on it \(--engine spark\)$"),
        (["tables=hdfs://node/texts", "catalog=a.b"], ConfigError, "catalog a.b keeps tables elsewhere"),
        (["tables=hdfs://node/a b"], InputError, "is no address such as hdfs://"),
    ],
)
def test_tables_that_cannot_lie_there_are_refused_before_an_engine_starts(
    tmp_path: Path, settings: list[str], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        Workspace(load(assignments=[f"workspace={tmp_path}", *settings]), create=True)
