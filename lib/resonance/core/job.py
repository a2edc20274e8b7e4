"""One step of the factory: a plain function with what it reads, writes and needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from resonance.core.errors import WiringError
from resonance.core.gates import GateName
from resonance.core.table import Catalog, Family, Table
from resonance.core.turns import PLAN
from resonance.core.wiring import Wiring, read_wiring

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from resonance.core.launch import Launch
    from resonance.core.settings import Config, Settings
    from resonance.core.storage import Files

Scope = Literal["batch", "corpus", "round", "arm"]
Checkpoint = Callable[["DataFrame", str], "DataFrame"]
"""Materialises a frame under a name and reads it back: computed once, lineage cut."""
Left = Mapping[str, "DataFrame"]
"""What the last run of a job left in its tables, by their names: the rows that it runs to replace. It had the code and settings of
today, and tables meant what they mean."""


@dataclass(frozen=True)
class Turn:
    """Where in the loop a step stands.

    ``run`` is the identity of the step (equal inputs and settings, equal run); ``runs`` are those of the steps that it
    builds on, by ``job/round/arm``. ``deliveries`` are all batches in the order in which they first came.
    """

    batch: str
    round: int = 0
    arm: str = PLAN
    run: str = ""
    runs: Mapping[str, str] = field(default_factory=dict)
    deliveries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """All that a job of models works with, by its name: it starts processes, fills tables while they run, and leaves files.

    Args:
        folder: what is this machine's own.
        checkpoints: where models lie that tables tell of.
        staging: what its processes share while they run; all of them see it.
    """

    job: str
    turn: Turn
    seed: int
    spark: SparkSession
    catalog: Catalog
    folder: Path
    launch: Launch
    checkpoints: Files
    staging: Files


@dataclass(frozen=True)
class Job:
    """One step: ``run(*frames, **settings and tools)`` returns one frame for each table in ``writes``.

    The signature of ``run`` is the wiring: its positional parameters are named as the tables in ``reads``; each keyword
    parameter is a section of the configuration, by the class of its annotation, or a tool, by its name (``core.wiring.TOOLS``).

    Args:
        reads: tables handed to ``run`` as frames, in this order; a family as frames by member.
        writes: tables whose slice the returned frames replace, in this order; members of a family that are not returned lose it.
        appends: tables that the job fills itself, through its catalog, while it runs.
        per: what one execution covers: a batch of input, the corpus, a round, or an arm of a round.
        counts: for a job that reads no table, the name under which it materialises the frame whose rows are its rows in.
        heeds: of a section named here, the settings that the results depend on; of others all.
        concerns: of a setting, as ``section.key``, the tables that it changes; others change all that the job leaves.
        owns: which rows of shared tables are the job's, where their values are constant, such as the ``scope`` of duplicates.
        closes_round: whether a round's manifest can be written once this job is done.
        on_demand: whether the job runs only when it is named or the weighting reads what it computes, so that no other round waits.
        behind: gates that the documents pass before it starts: that of rules in its round, that of effect in the round before.
        only_with: the settings without which the job has nothing to do; empty where it always has.
        version: rises when the job's meaning changes, so that its results become stale.

    Raises:
        WiringError: ``run`` does not fit the tables, asks for what there is not, or reads no table and counts no frame.
    """

    name: str
    run: Callable[..., Any]
    reads: tuple[Table | Family, ...]
    writes: tuple[Table | Family, ...]
    per: Scope
    appends: tuple[Table, ...] = ()
    counts: str = ""
    heeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    concerns: Mapping[str, tuple[Table, ...]] = field(default_factory=dict)
    owns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    closes_round: bool = False
    on_demand: bool = False
    behind: tuple[GateName, ...] = ()
    only_with: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        _ = self.wiring
        if not self.reads and not self.counts:
            raise WiringError(f"job {self.name} reads no table: say in counts which frame holds the rows that come in")

    @cached_property
    def wiring(self) -> Wiring:
        """The sections and tools that ``run`` takes."""
        return read_wiring(self.name, self.run, [table.name for table in self.reads], len(self.writes))

    def read_sections(self, config: Config) -> dict[str, Settings]:
        """The sections that ``run`` takes, by name, in the order of its parameters."""
        return {name: getattr(config, name) for name in self.wiring.sections.values()}

    def read_effective(self, config: Config) -> dict[str, dict[str, Any]]:
        """By section, the settings that the results depend on, as JSON has them."""
        found = {name: section.effective() for name, section in self.read_sections(config).items()}
        return {name: {key: given[key] for key in self.heeds.get(name, given)} for name, given in found.items()}

    @property
    def starts_ranks(self) -> bool:
        """Whether the job runs a model in processes of its own."""
        return "site" in self.wiring.tools


@dataclass(frozen=True)
class Step:
    """One execution of a job: which round and arm of the loop it is for."""

    job: Job
    round: int = 0
    arm: str = PLAN

    @property
    def place(self) -> str:
        """Where in the loop the step stands, as ``job/round/arm``."""
        return f"{self.job.name}/{self.round}/{self.arm}"

    def __str__(self) -> str:
        if self.job.per in ("batch", "corpus"):
            return self.job.name
        return f"{self.job.name} {self.round}" + (f" {self.arm}" if self.job.per == "arm" else "")
