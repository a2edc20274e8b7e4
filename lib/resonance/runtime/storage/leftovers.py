"""What killed writers leave below a table's folder: files that were staged and that no version holds, drafts of the log."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path, PurePosixPath

STAGED = "data-"
"""How the name of a folder of staged files begins."""
DRAFTS = ("_delta_log/.*.tmp", ".log-*")
"""Files of the log, and whole logs, that never got their names."""


def remove_leftovers(table: Path, needed: Collection[str]) -> None:
    """Remove staged files that are not ``needed``, and drafts. Nobody else may be writing into the table."""
    folders = {PurePosixPath(path).parts[0] for path in needed}
    staged = [folder for folder in table.glob(f"{STAGED}*") if folder.name not in folders]
    for place in (*staged, *(draft for pattern in DRAFTS for draft in table.glob(pattern))):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
