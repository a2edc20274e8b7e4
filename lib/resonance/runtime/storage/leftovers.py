"""What killed writers leave: files that were staged and that no version of a table holds, drafts of the log, what ranks shared."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from resonance.core.storage import Files

STAGED = "data-"
"""How the name of a folder of staged files begins."""
DRAFTS = ("_delta_log/.*.tmp", ".log-*")
"""Files of the log, and whole logs, that never got their names."""


SHARED = ("staging", "shards")
"""The folders below which trainings and scorings have one each."""


def remove_leftovers(table: Path, needed: Collection[str]) -> None:
    """Remove staged files that are not ``needed``, and drafts. Nobody else may be writing into the table."""
    folders = {PurePosixPath(path).parts[0] for path in needed}
    staged = [folder for folder in table.glob(f"{STAGED}*") if folder.name not in folders]
    for place in (*staged, *(draft for pattern in DRAFTS for draft in table.glob(pattern))):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()


def remove_shared(files: Files, hours: float) -> None:
    """Remove what ranks shared in trainings and scorings that nobody went on with for so many hours; nothing of younger ones."""
    newest: dict[str, int] = {}
    for path in (path for home in SHARED for path in files.find(home, "")):
        folder = "/".join(PurePosixPath(path).parts[:2])
        newest[folder] = max(newest.get(folder, 0), files.look(path).modified)
    oldest = (time.time() - 3600 * hours) * 1000
    files.remove([folder for folder, modified in newest.items() if modified < oldest])
