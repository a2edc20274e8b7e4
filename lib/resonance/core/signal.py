"""What a signal is: one number about one text or sample, and which way is good."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """One number about one sample: where it is kept and whether a low value is bad.

    Args:
        set: value of the ``set`` column in the signals table.
        column: the typed column that holds the number.
    """

    name: str
    version: int
    set: str
    column: str
    low_is_bad: bool
