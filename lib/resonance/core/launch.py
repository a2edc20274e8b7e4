"""How ranks are started: the seam between training and the machines that it runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Ranks(Protocol):
    """Processes that were started together and end together."""

    def poll(self) -> bool:
        """Whether all of them have ended."""
        ...

    @property
    def error(self) -> str | None:
        """Why they failed, in one line, once they have ended; None where they did not."""
        ...

    def stop(self) -> None:
        """End those that still run."""
        ...


class Launch(Protocol):
    """Runs ``main([spec])`` of a module in a group of ranks; ``runtime.launch`` holds the ways to do so."""

    @property
    def ranks(self) -> int:
        """How many there will be."""
        ...

    @property
    def room(self) -> int:
        """How many groups of ranks may work side by side, each started by a launch of its own; one at least."""
        ...

    def start(self, module: str, spec: str, log: Path) -> Ranks:
        """Start them on a spec by its path, or by an address; what they print is kept in the file ``log`` where they fail.

        Raises:
            SetupError: the machine or the cluster cannot run them.
        """
        ...

    def close(self) -> None:
        """End ranks that stayed for a next spec."""
        ...
