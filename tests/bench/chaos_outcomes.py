"""What a workspace holds after a fault: hashes of tables, rows, stray files; and how an outcome is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from deltalake import DeltaTable
from rich.console import Console
from rich.table import Table

import resonance
from resonance.core.files import LOCK
from resonance.runtime.conf import load
from resonance.runtime.storage.folder import list_live_files
from resonance.runtime.workspace import Workspace
from tests.bench.chaos_faults import LOG, Case, Disturbed, read_events
from tests.bench.chaos_storage import find_stray_objects

LOG_FILE = re.compile(r"\d{20}\.(?:json|checkpoint\.parquet)|_last_checkpoint")
KEPT = (LOG, LOCK, "report.html", "scratch", "scratch/spill")
out = Console(width=140)


@dataclass(frozen=True)
class Left:
    """What a workspace held once the last command had ended and `maintain` had run, beside that of a run that nobody disturbed.

    Args:
        different: tables whose hashes are not those of the undisturbed run.
        lost: rows that are missing, over all tables.
        doubled: rows that are too many.
        stray: files that no version of a table holds, and what steps left in scratch.
        waiting: objects of a bucket that no version of a table holds, and that `maintain` removes when they are a week old.
    """

    different: Sequence[str]
    lost: int
    doubled: int
    stray: Sequence[str]
    waiting: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is what the undisturbed run left."""
        return not (self.different or self.lost or self.doubled or self.stray)


@dataclass(frozen=True)
class Outcome:
    """A fault, and what became of the workspace.

    Args:
        resumed: with which code the command ended that went on.
        seconds: how long it took.
        orphans: processes of the disturbed command that outlived it.
    """

    kind: str
    number: int
    disturbed: Disturbed
    resumed: int
    seconds: float
    left: Left
    orphans: int

    @property
    def whole(self) -> bool:
        """Whether nothing is left of the fault."""
        return self.left.whole and not (self.resumed or self.orphans)


def compare(case: Case, workspace: Path) -> Left:
    """Tidy up a workspace, and hold it beside what an undisturbed run of the case's command left."""
    placed = case.place(workspace)
    resonance.open(str(workspace), settings=placed, console=Console(quiet=True)).maintain()
    hashes, rows = read_hashes(workspace, placed), read_rows(workspace, placed)
    stray, waiting = find_stray_objects(placed["tables"]) if placed else ([], 0)
    return Left(
        [name for name in hashes if hashes[name] != case.tables[name]],
        sum(max(case.rows[name] - rows[name], 0) for name in rows),
        sum(max(rows[name] - case.rows[name], 0) for name in rows),
        [*find_strays(workspace), *stray],
        waiting,
    )


def read_steps(workspace: Path) -> dict[str, float]:
    """Seconds of each job, by the log of the workspace."""
    return {event["job"]: event["seconds"] for event in read_events(workspace) if event["event"] == "finished"}


def read_hashes(workspace: Path, placed: Mapping[str, str]) -> dict[str, str]:
    """The hash of each table, as ``resonance tables --hash`` tells it; ``placed`` says where they lie."""
    return Workspace(load("local", "", workspace=str(workspace), **placed), reads=True).digests()


def read_rows(workspace: Path, placed: Mapping[str, str]) -> dict[str, int]:
    """The rows of each table."""
    return Workspace(load("local", "", workspace=str(workspace), **placed), reads=True).counts()


def find_strays(workspace: Path) -> list[str]:
    """Files that no version of a table holds, and that are not the workspace's log, lock or report; empty folders."""
    known = {workspace / name for name in KEPT}
    for table in (workspace / "tables").glob("*"):
        if not (table / "_delta_log").exists():  # nothing was written into it yet
            known.add(table)
            continue
        replaced = DeltaTable(table).vacuum(0, dry_run=True, enforce_retention_duration=False)
        known |= {*list_live_files(table), *(table / path for path in replaced)}
        known |= {path for path in (table / "_delta_log").iterdir() if LOG_FILE.fullmatch(path.name)}
    found = [path for path in workspace.rglob("*") if path not in known and (path.is_file() or not any(path.iterdir()))]
    return sorted(str(path.relative_to(workspace)) for path in found)


def sum_up(outcomes: Sequence[Outcome], cases: Mapping[str, Case]) -> list[dict[str, Any]]:
    """A row for each kind."""
    found = []
    for kind in sorted({one.kind for one in outcomes}):
        own = [one for one in outcomes if one.kind == kind]
        times = [one.seconds for one in own]
        found.append(
            {
                "kind": kind,
                "faults": len(own),
                "met": sum(one.disturbed.met for one in own),
                "whole": sum(one.whole for one in own),
                **count_left([one.left for one in own]),
                "orphans": sum(one.orphans for one in own),
                "resume_seconds": {"median": round(median(times), 1), "most": max(times)},
                "undisturbed_seconds": round(cases[kind].seconds, 1),
            }
        )
    return found


def count_left(found: Sequence[Left]) -> dict[str, int]:
    """What several workspaces hold that they should not, or lack."""
    return {
        "lost": sum(one.lost for one in found),
        "doubled": sum(one.doubled for one in found),
        "stray": sum(len(one.stray) for one in found),
        "waiting": sum(one.waiting for one in found),
    }


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table of a campaign."""
    if not rows:
        return
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(
            *(f"{v['median']:g} (most {v['most']:g})" if isinstance(v, dict) else str("" if v is None else v) for v in row.values())
        )
    out.print(table)


def say(one: Outcome) -> None:
    """A line on a fault."""
    fault = f"{one.number} {one.kind} at {one.disturbed.at}: ended with {one.disturbed.ended}, resumed in {one.seconds:g} s"
    found = "whole" if one.whole else f"NOT WHOLE {asdict(one)}"
    out.print(f"{fault}, {found}", highlight=False, soft_wrap=True)
