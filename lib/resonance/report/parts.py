"""What a page is made of: blocks with sentences, charts and grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

LONG = 14


@dataclass(frozen=True)
class Key:
    """One entry of a chart's legend: a name, and the colour and shape that it explains."""

    name: str
    role: str
    shape: Literal["box", "dot", "ring", "line", "dash"] = "box"


@dataclass(frozen=True)
class Chart:
    """A picture with its title and what a reader must know to read it."""

    title: str
    picture: Markup
    note: str = ""
    keys: tuple[Key, ...] = ()
    small: bool = False


@dataclass(frozen=True)
class Grid:
    """A table: columns whose names in ``numbers`` are set flush right; ``cards`` turns rows into cards on a phone."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    cards: bool = False
    note: str = ""
    prose: frozenset[str] = frozenset()
    """Columns of running text; of cards the last one is."""
    whole: bool = False
    """Whether all rows are shown at once, however many there are."""

    @property
    def shown(self) -> tuple[tuple[str, ...], ...]:
        """The rows that the page shows at once: all of a short table, none of a long one, the first cards."""
        return self.rows if self.whole or len(self.rows) <= LONG else self.rows[:LONG] if self.cards else ()

    @property
    def folded(self) -> tuple[tuple[str, ...], ...]:
        """The rows that a reader unfolds."""
        return self.rows[len(self.shown) :]


@dataclass(frozen=True)
class Block:
    """A section as it is drawn, and the sentence about it at the head of the page, if there is one."""

    title: str
    text: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    grids: tuple[Grid, ...] = ()
    headline: str = ""
