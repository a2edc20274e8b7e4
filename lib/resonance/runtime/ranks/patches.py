"""Puts something of ours in place of what a foreign module names, as long as anybody needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Patch:
    """A name of a module that means something else while trainings run, which may be several at a time.

    Args:
        name: the name.
        make: makes what it means from what it usually means.
    """

    def __init__(self, name: str, make: Callable[[Any], Any]) -> None:
        self._name, self._make = name, make
        self._users, self._turn, self._usual = 0, threading.Lock(), None

    @contextmanager
    def over(self, module: Any) -> Iterator[None]:
        """Until the end of the ``with`` statement; the last one that needs it puts back what was there."""
        with self._turn:
            if not self._users:
                self._usual = getattr(module, self._name)
                setattr(module, self._name, self._make(self._usual))
            self._users += 1
        try:
            yield
        finally:
            with self._turn:
                self._users -= 1
                if not self._users:
                    setattr(module, self._name, self._usual)
