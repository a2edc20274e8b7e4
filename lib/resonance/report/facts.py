"""Everything the report says, as plain small values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resonance.core.pool import HELDOUT

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import Row

    from resonance.report.copies import Crossed
    from resonance.report.distributions import Distribution
    from resonance.report.examples import Examples
    from resonance.report.judged import Edited, Failed, Judged
    from resonance.report.labels import Labels


@dataclass(frozen=True)
class SliceCount:
    """Documents (distinct), rows and bytes of one slice in one part of the corpus or in one draw."""

    part: str
    round: int
    arm: str
    slice: str
    documents: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Cut:
    """Rows of one slice that a step cut, by the first rule that they failed."""

    step: str
    rule: str
    slice: str | None
    rows: int


@dataclass(frozen=True)
class Clusters:
    """Clusters of one size that one method found; ``version`` tells its parameters."""

    method: str
    size: int
    clusters: int
    documents: int
    version: str


@dataclass(frozen=True)
class Registered:
    """Items of one evaluation set, the items that documents hold, and documents (distinct) by method."""

    set: str
    items: int
    hit: int
    documents: int
    by_method: Mapping[str, int]


@dataclass(frozen=True)
class Losses:
    """Sums over the events of one stretch of a training, or of a scoring; estimated where only a ``share`` of events is kept.

    Args:
        rows: all events, also the ``no_loss`` ones whose loss was no finite number.
        nats: their losses, with ``tokens`` and ``bytes`` of the events that have one.
        cut: tokens that found no room in the window, over all events.
    """

    round: int
    arm: str
    phase: str
    stretch: int
    rows: int
    nats: float
    tokens: int
    bytes: int
    share: float = 1.0
    no_loss: int = 0
    cut: int = 0


@dataclass(frozen=True)
class Apart:
    """What is stored and shown nowhere: events of runs that do not stand, and states of texts or labels that have changed."""

    events: int = 0
    states: int = 0


@dataclass(frozen=True)
class Facts:
    """What the sections are written from; all of it is small."""

    rows: Mapping[str, int]
    slices: tuple[SliceCount, ...]
    cuts: tuple[Cut, ...]
    rules: tuple[Row, ...]
    judged: tuple[Judged, ...]
    failed: tuple[Failed, ...]
    edited: tuple[Edited, ...]
    examples: Examples
    clusters: tuple[Clusters, ...]
    crossed: tuple[Crossed, ...]
    registered: tuple[Registered, ...]
    distributions: tuple[Distribution, ...]
    labels: Labels
    losses: tuple[Losses, ...]
    apart: Apart
    plans: tuple[Row, ...]
    excess: tuple[Row, ...]
    evaluations: tuple[Row, ...]
    steps: tuple[Row, ...]
    rounds: tuple[Row, ...]
    checkpoints: tuple[Row, ...]

    def part(self, part: str, round: int = 0, arm: str = "") -> dict[str, SliceCount]:
        """Counts by slice of one part."""
        return {c.slice: c for c in self.slices if (c.part, c.round, c.arm) == (part, round, arm)}

    def draws(self) -> list[tuple[int, str]]:
        """Each (round, arm) that documents were drawn for, in order; the plan before its control."""
        found = {(c.round, c.arm) for c in self.slices if c.part == "draw" and c.arm != HELDOUT}
        return sorted(found, key=lambda turn: (turn[0], turn[1] != "plan", turn[1]))

    @property
    def unchecked(self) -> bool:
        """Whether documents were last looked at when no evaluation set was registered."""
        looked = [step for step in self.steps if step["job"] == "decontaminate"]
        return bool(looked) and "evaluation_items" not in looked[-1]["read"]

    @property
    def finished_at(self) -> datetime | None:
        """When the newest step ended."""
        return max((step["finished_at"] for step in self.steps), default=None)


def cut_steps(facts: Facts) -> list[Row]:
    """The steps that cut rows or could have: those that write rejects, before the first round."""
    return [step for step in facts.steps if step["round"] == 0 and "rejects" in step["written"]]
