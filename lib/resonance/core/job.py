"""One step of the factory: a plain function with what it reads, writes and needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from resonance.core.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Scope = Literal["batch", "corpus", "round", "arm"]
Checkpoint = Callable[["DataFrame", str], "DataFrame"]
"""Materialises a frame under a name and reads it back: computed once, lineage cut."""


@dataclass(frozen=True)
class Turn:
    """Where in the loop a step stands.

    ``run`` is the identity of the step (equal inputs and settings, equal run); ``runs`` are those of the steps that it
    builds on, by ``job/round/arm``.
    """

    batch: str
    round: int = 0
    arm: str = "plan"
    run: str = ""
    runs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One step: ``run(*frames, settings=…, **needs)`` returns one frame for each table in ``writes``.

    Args:
        reads: tables handed to ``run`` as frames, in this order.
        writes: tables whose slice the returned frames replace, in this order.
        appends: tables that the job fills itself, through its ``catalog`` need, while it runs.
        per: what one execution covers: a batch of input, the corpus, a round, or an arm of a round.
        section: the section of the configuration that is handed over as ``settings``.
        needs: tools handed over by name (``turn``, ``spark``, ``checkpoint``, ``launch``, ``catalog`` …).
        marks: constant slice values of what is written, such as the ``set`` of signals.
        cuts: whether rows in must equal rows out plus rejects.
        closes_round: whether a round's manifest can be written once this job is done.
        version: rises when the job's meaning changes, so that its results become stale.
    """

    name: str
    run: Callable[..., Any]
    reads: tuple[Table, ...]
    writes: tuple[Table, ...]
    per: Scope
    section: str
    appends: tuple[Table, ...] = ()
    needs: tuple[str, ...] = ()
    marks: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    cuts: bool = False
    closes_round: bool = False
    version: int = 1


@dataclass(frozen=True)
class Step:
    """One execution of a job: which round and arm of the loop it is for."""

    job: Job
    round: int = 0
    arm: str = "plan"

    @property
    def place(self) -> str:
        """Where in the loop the step stands, as ``job/round/arm``."""
        return f"{self.job.name}/{self.round}/{self.arm}"

    def __str__(self) -> str:
        if self.job.per in ("batch", "corpus"):
            return self.job.name
        return f"{self.job.name} {self.round}" + (f" {self.arm}" if self.job.per == "arm" else "")
