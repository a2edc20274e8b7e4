"""What is known of a dataset beside its rows: its versions, its runs, the records that people keep of it, and other tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Records:
    """What an assessment is handed beside the rows; each part is empty where nothing tells.

    Args:
        licences: for each purpose of use, the licences that allow it, in small letters.
        simplify: from a Chinese text to its simplified form.
    """

    licences: Mapping[str, frozenset[str]] = field(default_factory=dict)
    simplify: Callable[[str], str] = str
