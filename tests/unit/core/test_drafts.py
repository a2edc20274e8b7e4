"""A draft is one process's own, and goes with it however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resonance.core.drafts import open_draft

HOLDS = """
import sys
from resonance.core.drafts import open_draft

with open_draft() as folder:
    (folder / "of another").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_draft_goes_at_the_end(tmp_path: Path) -> None:
    with open_draft() as first, open_draft() as second:
        (first / "file").touch()
        assert first != second
        assert tmp_path in first.parents
    with pytest.raises(OSError, match="full"), open_draft() as third:
        raise OSError("the disk is full")
    assert not any(folder.exists() for folder in (first, second, third))


def test_a_killed_process_leaves_its_draft_to_the_next_one_and_a_living_one_does_not() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        with open_draft():
            assert (theirs / "of another").exists()
        other.kill()
    assert (theirs / "of another").exists(), "it had no time to remove it"
    with open_draft():
        assert not theirs.exists()
