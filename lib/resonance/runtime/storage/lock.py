"""One writer a workspace: a lock that the operating system drops when its holder ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from resonance.core.errors import BusyError
from resonance.core.files import LOCK, refuses_append

UNKNOWN = (errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL)
"""What a file system says that has no locks: a shared one of a platform, where jobs are scheduled one after the other."""
LOOKS = 5
"""How often a writer asks for the lock: whoever only looks whether it is held holds it for an instant."""
PAUSE = 0.02
_held: set[Path] = set()


@contextmanager
def lock_workspace(folder: Path) -> Iterator[None]:
    """Hold the workspace for writing; a step inside a held one holds it already.

    Raises:
        BusyError: another process holds it; the message names that process.
    """
    place = folder.resolve() / LOCK
    if place in _held:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _open(place) as file:
        if file is not None and not _take(file):
            raise BusyError(f"workspace {folder} is in use: {_holder(place)}; wait for its end, or name another workspace")
        command, started = " ".join(Path(part).name for part in sys.argv[:2]), datetime.now(UTC).strftime("%H:%M UTC")
        place.write_text(json.dumps({"process": os.getpid(), "command": command, "since": started}), encoding="utf-8")
        _held.add(place)
        try:
            yield
        finally:
            _held.discard(place)
            if file is None:
                place.write_text("", encoding="utf-8")
            else:
                file.truncate(0)


def find_writer(folder: Path) -> str:
    """Who writes into a workspace now, in words; empty where nobody does.

    On a file system without locks whoever left the file unemptied is taken for a writer, ended or not.
    """
    place = folder.resolve() / LOCK
    if place in _held:
        return _holder(place)
    try:
        with place.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return ""
    except FileNotFoundError:
        return ""
    except BlockingIOError:
        return _holder(place)
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
        return _holder(place) if place.stat().st_size else ""


def _open(place: Path) -> AbstractContextManager[IO[str] | None]:
    """The file that is locked; None on a file system that adds nothing to files, which has no locks either."""
    try:
        return place.open("a+", encoding="utf-8")
    except OSError as error:
        if not refuses_append(error):
            raise
        return nullcontext()


def _take(file: IO[str]) -> bool:
    """Whether the lock could be taken; on a file system without locks it always can."""
    for _ in range(LOOKS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(PAUSE)
        except OSError as error:
            if error.errno not in UNKNOWN:
                raise
            return True
    return False


def _holder(place: Path) -> str:
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        return f"process {said['process']} ({said['command']}) writes into it since {said['since']}"
    except (OSError, ValueError, KeyError):
        return "another process writes into it"
