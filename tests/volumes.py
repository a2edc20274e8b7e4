"""File systems that refuse what a volume of a platform refuses: for one test, in its own process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


def refuse_appends(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Have files be added to by nobody: ``Path.open`` ends with this error."""
    opens = Path.open

    def refuse(self: Path, mode: str = "r", *given: Any, **named: Any) -> Any:
        if "a" in mode:
            raise OSError(number, os.strerror(number))
        return opens(self, mode, *given, **named)

    monkeypatch.setattr(Path, "open", refuse)


def refuse_links(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Have no file get a second name: ``os.link`` ends with this error."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
