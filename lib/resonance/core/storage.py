"""The seam between what is kept and the folder or bucket that keeps it; ``core.places`` holds the ways.

What many writers may do at once, ``create``, is done whole by one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class About(NamedTuple):
    """What is known of a file without opening it: bytes, and when it was written, in milliseconds of Unix time."""

    size: int
    modified: int


class Files(Protocol):
    """What lies below one folder or address. Names are relative, with ``/`` between their parts."""

    def name(self, path: str) -> str:
        """A file or folder as engines and delta-rs are told it."""
        ...

    def locate(self, path: str) -> str:
        """Where a file or folder lies, as tables and ranks are told it."""
        ...

    def find(self, folder: str, end: str) -> list[str]:
        """The files below a folder whose names end so, in order; none where there is no such folder."""
        ...

    def look(self, path: str) -> About:
        """What is known of a file."""
        ...

    def open(self, path: str) -> Any:
        """A file as pyarrow reads it."""
        ...

    def read(self, path: str) -> str:
        """The text of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        ...

    def create(self, path: str, text: str) -> bool:
        """Write a file whole, or not at all where it is there already: whether it was written."""
        ...

    def put(self, path: str, content: bytes | Path) -> None:
        """Write a file whole, in place of one that is there. A file of this machine lies in ``draft()``, and may be moved."""
        ...

    def draft(self) -> AbstractContextManager[Path]:
        """A folder of this machine for what is put or published later, until the end of the ``with`` statement."""
        ...

    def publish(self, source: Path, folder: str, last: str) -> None:
        """Let the files of a folder of this machine be those of ``folder``, which is whole once the file ``last`` is there.

        Nothing is done where it is there already. The files of ``source`` may be moved.
        """
        ...

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files and folders, these with all that they hold; those that are not there are passed over."""
        ...


class TableFiles(Files, Protocol):
    """Where tables lie: files that several writers make at once, and that engines and delta-rs read by name."""

    def holds(self, folder: str, end: str) -> bool:
        """Whether a file whose name ends so lies in a folder itself. Asked before each read of a table: one is enough."""
        ...

    def count_missing(self, folder: str, paths: Sequence[str]) -> int:
        """How many of these files of a folder are not there."""
        ...

    def restrict(self, folder: str) -> None:
        """Let nobody but its owner look into a folder, where folders have owners."""
        ...
