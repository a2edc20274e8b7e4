"""One process writes into a workspace at a time; whatever an ended one left there is no lock."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import shutil
import threading
from pathlib import Path

import pytest
from tests.volumes import refuse_appends

from resonance.core.errors import BusyError
from resonance.core.files import LOCK
from resonance.core.sources import is_workspace
from resonance.runtime.storage.lock import find_writer, lock_workspace


def hold(folder: Path, held: object, done: object) -> None:
    with lock_workspace(folder):
        held.set()  # type: ignore[attr-defined]
        done.wait(60)  # type: ignore[attr-defined]


def test_another_process_is_refused_in_one_line_until_the_first_has_ended(tmp_path: Path) -> None:
    forked = multiprocessing.get_context("spawn")
    held, done = forked.Event(), forked.Event()
    first = forked.Process(target=hold, args=(tmp_path, held, done))
    first.start()
    assert held.wait(60)
    assert find_writer(tmp_path).startswith(f"process {first.pid} (")
    with (
        pytest.raises(BusyError, match=rf"workspace {tmp_path} is in use: process {first.pid} \(") as caught,
        lock_workspace(tmp_path),
    ):
        pass
    assert "\n" not in str(caught.value)
    first.kill()
    first.join()
    assert (tmp_path / LOCK).read_text(), "what it said of itself stays, and is believed no longer"
    assert find_writer(tmp_path) == ""
    with lock_workspace(tmp_path):
        assert find_writer(tmp_path).startswith(f"process {os.getpid()} (")
    assert find_writer(tmp_path) == find_writer(tmp_path / "none") == ""


def test_a_workspace_that_is_removed_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    with lock_workspace(tmp_path / "w"):
        shutil.rmtree(tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_a_look_at_the_lock_refuses_no_writer(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    with (tmp_path / LOCK).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        threading.Timer(0.03, fcntl.flock, (file, fcntl.LOCK_UN)).start()
        with lock_workspace(tmp_path):
            pass


@pytest.mark.parametrize("left", ["", "no JSON", '{"process": 1}', '{"process": 1, "command": "x", "since": "12:00 UTC"}'])
def test_what_an_ended_process_left_is_no_lock(tmp_path: Path, left: str) -> None:
    (tmp_path / LOCK).write_text(left)
    with lock_workspace(tmp_path), lock_workspace(tmp_path / "."):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()
    assert is_workspace(tmp_path)


@pytest.mark.parametrize("left", ["", "no JSON", '{"process": 1}'])
def test_a_holder_that_cannot_be_read_is_still_a_holder(tmp_path: Path, left: str) -> None:
    with (tmp_path / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(left)
        file.flush()
        with pytest.raises(BusyError, match="another process writes into it"), lock_workspace(tmp_path):
            pass


@pytest.mark.parametrize(("number", "goes_on"), [(errno.ENOTSUP, True), (errno.ENOLCK, True), (errno.EIO, False)])
def test_a_file_system_without_locks_is_written_a_broken_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, goes_on: bool
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    if goes_on:
        with lock_workspace(tmp_path):
            pass
        assert find_writer(tmp_path) == ""
    else:
        with pytest.raises(OSError, match=os.strerror(number)), lock_workspace(tmp_path):
            pass


@pytest.mark.parametrize(("number", "goes_on"), [(errno.ESPIPE, True), (errno.EACCES, False)])
def test_a_file_system_that_adds_nothing_to_files_has_no_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, goes_on: bool
) -> None:
    refuse_appends(monkeypatch, number)
    if goes_on:
        with lock_workspace(tmp_path):
            assert find_writer(tmp_path).startswith(f"process {os.getpid()} (")
        assert find_writer(tmp_path) == ""
    else:
        with pytest.raises(OSError, match=os.strerror(number)), lock_workspace(tmp_path):
            pass
