"""Files that are read in ranges, each by one request."""

from __future__ import annotations

import io
import os
from abc import abstractmethod
from typing import Any


class RangeReader(io.RawIOBase):
    """A file of so many bytes; what holds it says how a range of it is read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._place = size, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where the next range starts."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, and say which one it is."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(start + offset, 0)
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the file goes; how many bytes that were."""
        end = min(self._place + len(buffer), self._size)
        if end <= self._place:
            return 0
        held = self.read_range(self._place, end)
        buffer[: len(held)] = held
        self._place += len(held)
        return len(held)

    @abstractmethod
    def read_range(self, start: int, end: int) -> memoryview | bytes:
        """The bytes from one place up to another.

        Raises:
            OSError: the file is gone.
        """
