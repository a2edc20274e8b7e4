"""One writer a workspace: a lock that the operating system drops when its holder ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from resonance.core.errors import BusyError
from resonance.core.files import LOCK

UNKNOWN = (errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL)
"""What a file system says that has no locks: a shared one of a platform, where jobs are scheduled one after the other."""
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
    with place.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"workspace {folder} is in use: {_holder(place)}; wait for its end, or name another workspace"
            ) from None
        except OSError as error:
            if error.errno not in UNKNOWN:
                raise
        file.truncate(0)
        started = datetime.now(UTC).strftime("%H:%M UTC")
        json.dump({"process": os.getpid(), "command": " ".join(Path(part).name for part in sys.argv[:2]), "since": started}, file)
        file.flush()
        _held.add(place)
        try:
            yield
        finally:
            _held.discard(place)
            file.truncate(0)


def _holder(place: Path) -> str:
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        return f"process {said['process']} ({said['command']}) writes into it since {said['since']}"
    except (OSError, ValueError, KeyError):
        return "another process writes into it"
