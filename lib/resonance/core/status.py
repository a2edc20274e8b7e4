"""What goes on in a workspace: rounds, the step that runs now, steps that broke off, gates that are not passed, open work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from resonance.core.work import Work


@dataclass(frozen=True)
class Round:
    """How far a round is.

    Args:
        steps: of it that are done.
        seconds: that their last runs took, one after the other.
        finished_at: when its manifest was written; None where it is not finished, or was changed since.
    """

    number: int
    steps: int
    seconds: float
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Started:
    """A step that began.

    Args:
        job: empty where a run broke off between two steps.
        command: what a person gave; empty in a notebook.
        folder: where it was given.
    """

    job: str
    batch: str
    round: int
    arm: str
    at: datetime
    process: int = 0
    host: str = ""
    command: str = ""
    folder: str = ""

    @property
    def place(self) -> tuple[str, str, int, str]:
        """Which step it is: what runs later under the same one says how it went on."""
        return self.job, self.batch, self.round, self.arm


@dataclass(frozen=True)
class Failure:
    """A step that broke off, and was not done since.

    Args:
        table: that could not be written; empty where it broke off before it wrote, or nobody could tell.
        fills: the tables that the step fills.
        cause: in one line.
    """

    started: Started
    at: datetime
    cause: str
    table: str = ""
    fills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """What goes on in a workspace.

    Args:
        rounds: in order.
        done: the newest row of table ``steps`` of each step.
        running: the step that runs now; None where none does, or none was started yet.
        writer: who writes into the workspace, in words; empty where nobody does.
        failures: in the order in which they happened.
        closed: rows of ``quality_gate`` that were let through by nobody, the newest of each dataset and gate.
        work: what verdicts on weak slices ask for, and nobody or nothing closed yet.
    """

    rounds: Sequence[Round] = ()
    done: Sequence[Mapping[str, Any]] = ()
    running: Started | None = None
    writer: str = ""
    failures: Sequence[Failure] = ()
    closed: Sequence[Mapping[str, Any]] = ()
    work: Sequence[Work] = ()
