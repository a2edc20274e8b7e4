"""What held-out texts say of a scorer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Measures by name, a sentence on the most important ones, and a table of the others.

    Args:
        measures: numbers, ``auc`` among them.
        sentence: what was held out, and how well it was told apart.
        title: that of the table.
        heads: names of its columns.
        rows: its cells.
    """

    measures: dict[str, float]
    sentence: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
