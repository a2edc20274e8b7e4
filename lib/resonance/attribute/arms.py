"""Which models a round's slices are judged by: the target, one of another seed, a wider one, and those of parts of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pyspark.sql import functions as F

from resonance.core.turns import AGAIN, LONG, PART, PHASE_PROBE, PLAN, WIDE, read_share

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Arms:
    """The arms of a round, the plan arm first, then those that were trained for attribution.

    Args:
        names: as events call them; figures of an arm are kept by its place here.
    """

    FEWEST: ClassVar[int] = 3
    """Models whose agreement says something."""

    names: tuple[str, ...] = (PLAN,)

    def find(self, name: str) -> int | None:
        """The place of an arm, or None where there is none."""
        return self.names.index(name) if name in self.names else None

    @property
    def wider(self) -> int | None:
        """The place of the model that can say more: the wider one, else the one that was trained longer."""
        wide = self.find(WIDE)
        return self.find(LONG) if wide is None else wide

    @property
    def points(self) -> tuple[tuple[float, int], ...]:
        """The points of the learning curve: share of the data and place, by rising share; all of it is the target's."""
        parts = [(read_share(name), place) for place, name in enumerate(self.names) if name.startswith(PART)]
        return (*sorted(parts), (1.0, 0))

    @property
    def witnesses(self) -> tuple[tuple[int, str], ...]:
        """The models that are asked for a label: the target, other seed, the one that can say more, and the largest part."""
        largest = self.points[-2][1] if len(self.points) > 1 else None
        places = [place for place in (0, self.find(AGAIN), self.wider, largest) if place is not None]
        return tuple((place, self.names[place]) for place in places)


def list_arms(events: DataFrame) -> Arms:
    """The arms that events of a round tell of."""
    found = events.where(F.col("phase") == PHASE_PROBE).select("arm").distinct().collect()
    return Arms((PLAN, *_keep_known([row["arm"] for row in found])))


def _keep_known(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if name in (AGAIN, WIDE, LONG) or name.startswith(PART))
