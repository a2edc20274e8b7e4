"""Folders of this machine for files that lie elsewhere in the end, or came from there."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resonance.core.files import own_folder


@contextmanager
def open_draft() -> Iterator[Path]:
    """A temporary folder until the end of the ``with`` statement. What killed processes left of theirs is removed first.

    A process holds a lock on its folder, which goes with it however it ends.
    """
    home = own_folder() / "drafts"
    home.mkdir(mode=0o700, exist_ok=True)
    turn = _lock(home, fcntl.LOCK_EX)  # a folder that was just made is not taken for one that was left
    try:
        for left in home.iterdir():
            _remove_left(left)
        folder = Path(tempfile.mkdtemp(dir=home))
        held = _lock(folder, fcntl.LOCK_EX)
    finally:
        os.close(turn)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _lock(folder: Path, how: int) -> int:
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, how)
    except OSError:
        os.close(place)
        raise
    return place


def _remove_left(folder: Path) -> None:
    try:
        os.close(_lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB))
    except OSError:  # its process lives, or removed it
        return
    shutil.rmtree(folder, ignore_errors=True)
