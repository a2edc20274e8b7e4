"""The log of a Delta table as history, and earlier versions counted by their files."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake

from resonance.runtime.storage.folder import look_at_version
from resonance.runtime.storage.history import read_history


@pytest.fixture
def table(tmp_path: Path) -> Path:
    note = {"userMetadata": json.dumps({"author": "ada", "message": "更正", "run_id": 7, "commit": "c0ffee"})}
    write_deltalake(tmp_path, pa.table({"x": [1, 2, 3]}))
    write_deltalake(tmp_path, pa.table({"x": [4]}), mode="append", commit_properties=CommitProperties(custom_metadata=note))
    plain = CommitProperties(custom_metadata={"userMetadata": "by hand"})
    write_deltalake(tmp_path, pa.table({"x": [5, 6]}), mode="overwrite", commit_properties=plain)
    return tmp_path


def test_commits_say_who_and_why(table: Path) -> None:
    history = read_history(table)
    assert [change.version for change in history] == [0, 1, 2]
    assert history[1].note == {"author": "ada", "reason": "更正", "run": "7", "code": "c0ffee"}
    assert (history[0].note, history[2].note) == ({}, {"reason": "by hand"})
    assert all(change.changes_rows and change.at.tzinfo for change in history)
    DeltaTable(table).optimize.compact()
    assert [change.changes_rows for change in read_history(table)][3:] in ([], [False])


def test_versions_are_counted_by_their_files(table: Path) -> None:
    assert [look_at_version(table, version) for version in range(3)] == [(3, 3), (4, 4), (2, 2)]
    assert look_at_version(table, 9) == (None, None)
    DeltaTable(table).vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert [look_at_version(table, version) for version in range(3)] == [(None, None), (None, None), (2, 2)]
