"""What a section of the report is: the tables it reads, its facts, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.core.table import Family, Table
    from resonance.report.facts.shared import Facts
    from resonance.report.parts import Block

Own = TypeVar("Own")


def take_shared(frames: Mapping[str, DataFrame], shared: Facts) -> Facts:
    """The shared facts, for a section that needs no others."""
    return shared


@dataclass(frozen=True)
class Section(Generic[Own]):
    """A section of the report.

    Args:
        name: its place on the page, as links name it.
        gather: its facts, from the tables that it reads and the shared facts.
        draw: its block on the page, from its facts; None where they have nothing to show.
        reads: the tables that ``gather`` is given, by name; of a family all.
    """

    name: str
    gather: Callable[[Mapping[str, DataFrame], Facts], Own]
    draw: Callable[[Own, ReportSettings], Block | None]
    reads: tuple[Table | Family, ...] = ()
