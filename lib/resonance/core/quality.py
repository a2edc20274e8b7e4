"""What is known of the quality of a dataset: scores, a grade, what would raise it, and how it compares with earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from resonance.core.gates import Gate
from resonance.core.operator import Operator, Result
from resonance.core.profile import Profile

Kind = Literal["scored", "not_applicable", "not_measurable"]


@dataclass(frozen=True)
class Score:
    """A number between 0 and 1, and how much of what it needs was measured.

    Args:
        value: over what was measured; None where nothing was.
        lcb: the same by the lower 95 % bounds.
        low: with all that was not measured at 0.
        high: with all of it at 1.
        coverage: the measured share, by weight.
        provisional: whether people have yet to judge a sample.
    """

    state: Kind
    value: float | None = None
    lcb: float | None = None
    low: float = 0.0
    high: float = 1.0
    coverage: float = 0.0
    provisional: bool = False


@dataclass(frozen=True)
class Finding:
    """An operator below 1, and by how much the total score rises where it is mended, with those ``beside`` it of the same cause.

    Args:
        gain: of required columns with what operators of texts gain too where these are filled.
        empty: the part of it that rows without a text cost, where it is not told with the required columns.
        filled: operators that rise too where required columns are filled.
    """

    operator: str
    score: float
    gain: float
    beside: tuple[str, ...] = ()
    empty: float = 0.0
    filled: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """All of them, that with the largest gain first."""
        return (self.operator, *self.beside)


@dataclass(frozen=True)
class Missing:
    """An operator that could not be measured, why, and the share of the total that its metric stands for."""

    operator: str
    reason: str
    weight: float


@dataclass(frozen=True)
class Stratum:
    """Rows that share values, and their scores in total and by group."""

    values: Mapping[str, Any]
    rows: int
    total: Score
    groups: Mapping[int, Score]


@dataclass(frozen=True)
class Past:
    """An earlier assessment of the same dataset: its version, total score, and scores by group and operator.

    Args:
        made: the moment at which ages were taken; None for documents, which have none.
    """

    version: str
    made: datetime | None
    letter: str
    total: float | None
    groups: Mapping[int, float] = field(default_factory=dict)
    operators: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Unusual:
    """An operator that stands apart from the accepted assessments before.

    Args:
        usual: the median of its earlier scores; None where there are too few.
        deviation: robust standard deviations from it.
        shift: by how many bits its values are spread otherwise than last time; None where it gathers none.
    """

    operator: str
    score: float | None
    usual: float | None
    deviation: float | None
    shift: float | None


@dataclass(frozen=True)
class Quality:
    """An assessment as reports, cards and events tell it.

    Args:
        version: of the table; empty where the store has none.
        contract: the version of the contract.
        made: the moment at which ages were taken.
        release: whether no blocking operator stands below its floor.
        automation: share of the applicable metrics that are scored without people.
        operators: those that were asked, by id.
        floors: scores below which a dataset is not released, by operator.
        results: over all rows, one of each operator that was asked.
        strata: lowest total score first.
        left_out: strata that are not told apart.
        findings: largest gain first.
        missing: what was not measured, heaviest first.
        past: earlier assessments, oldest first.
        card: what the dataset's card says without measurements, in the words of Croissant; empty where none was made.
        unusual: what stands apart from the accepted ones among them.
    """

    table: str
    version: str
    contract: str
    stage: str
    profile: Profile
    made: datetime
    rows: int
    letter: str
    total: Score
    groups: Mapping[int, Score]
    metrics: Mapping[int, Score]
    vetoes: tuple[str, ...]
    release: bool
    automation: float | None
    gates: tuple[Gate, ...]
    operators: Mapping[str, Operator]
    floors: Mapping[str, float]
    results: tuple[Result, ...]
    strata: tuple[Stratum, ...] = ()
    left_out: int = 0
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    past: tuple[Past, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    unusual: tuple[Unusual, ...] = ()
