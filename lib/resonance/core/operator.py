"""What an operator is: one declared way to measure a metric of a dataset; and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from resonance.core.binding import Binder

Mode = Literal["A", "M", "H"]
"""Automatic, by a model, or by people who judge a sample."""
Pass = Literal["P1", "P1u", "P2", "S", "L"]
"""What is read: the shared scan, the same after a signal of each row, a shuffle of its own, a sample, or no data at all."""
State = Literal["scored", "not_applicable", "not_measurable", "error"]
MODES: Mapping[Mode, str] = {"A": "automatic", "M": "by a model", "H": "by people, on a sample"}
PASSES: Mapping[Pass, str] = {
    "P1": "the shared scan",
    "P1u": "the shared scan, after a signal of each row",
    "P2": "a shuffle or join of its own",
    "S": "a stratified sample",
    "L": "contract, history and logs; no data",
}


MANIFOLD = frozenset({"text", "media", "schema", "columns", "sample"})
"""Inputs with which many things can be wrong: operators that look at the same one tell of different faults."""


@dataclass(frozen=True)
class Operator:
    """One declared way to measure a metric: its score is between 0 and 1, and 1 is good.

    Args:
        id: what results and contracts know it by.
        metric: number of the metric that it measures, as `core.adaq` lists them.
        passes: what it reads.
        modalities: kinds of data for which it has a meaning; ``any`` is all.
        inputs: roles of columns, or parts of the contract; of those parted by ``|`` one is enough.
        meaning: the score, in the notation of the reference page on operators.
        source: who proposed the method.
        core: whether every assessment has it; others are enabled by a profile.
        defaults: its parameters.
        floor: the score below which a dataset is not released; None for no such bound.
        bind: how it is bound to a table; None where this version of the product does not compute it.
        version: rises when the score comes to mean something else.
    """

    id: str
    metric: int
    mode: Mode
    passes: Pass
    modalities: tuple[str, ...]
    inputs: tuple[str, ...]
    meaning: str
    source: str
    core: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    floor: float | None = None
    bind: Binder | None = None
    version: int = 1

    @property
    def cause(self) -> tuple[str, ...]:
        """What operators share that fall short for one cause: their inputs, unless many things can be wrong with these."""
        looked_at = tuple(given.rpartition("|")[2] for given in self.inputs)
        return (self.id,) if set(looked_at) <= MANIFOLD else looked_at


@dataclass(frozen=True)
class Result:
    """What an operator says about a dataset, or about one stratum of it.

    Args:
        operator: its id.
        score: between 0 and 1; None unless it is scored.
        score_lcb: lower 95 % bound of the score; the score itself where every row was looked at.
        raw: the number that the score was made from.
        n_examined: rows that were looked at.
        coverage: share of the rows that were.
        params: thresholds that were used.
        reason: why there is no score, and what to supply.
        evidence: names of rows, 20 at most.
        stratum: the values that the stratum's rows share, by column; empty for all rows.
        empty: share of the rows that count against the score because they hold nothing; no table keeps it.
    """

    operator: str
    state: State
    score: float | None = None
    score_lcb: float | None = None
    raw: float | None = None
    n_examined: int = 0
    coverage: float = 0.0
    params: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    evidence: tuple[str, ...] = ()
    stratum: Mapping[str, Any] = field(default_factory=dict)
    empty: float = 0.0
