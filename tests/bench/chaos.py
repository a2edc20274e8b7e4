"""Faults planted into curation and planning, one after another; after each the same command again, and what it leaves is compared.

python -m tests.bench.chaos [--engine embedded|spark] [--faults 100] [--seed 1] [--minutes 240] [--only disk-full,…] [--no-result]

The driver or a worker is killed (-9), the disk fills up, two commands write at once, a command is stopped. Then the command is
repeated, `maintain` tidies up, and the workspace is held beside one that nobody disturbed: hashes of tables, rows, stray files,
processes that are left. On Spark, a cluster of separate processes curates, and its executors and workers are killed too. Filling
a disk needs the right to mount one; else those faults are left out, and the result says so.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
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
from resonance.testing import tiny_corpus
from tests.bench.chaos_cluster import open_cluster
from tests.bench.chaos_faults import (
    LOG,
    PATIENCE,
    ROOM,
    Case,
    Disturbed,
    Fault,
    fill_disk,
    kill_twice,
    kill_worker,
    send,
    write_at_once,
)
from tests.bench.places import cache, write_result
from tests.conformance.commands import DATA_HALF, SMALL_PLAN
from tests.conformance.faults import find_orphans, launch

CURATION = ("ingest", "judge", "dedupe")
"""What a cluster is asked for: it takes many times as long as the embedded engine."""
SMALL, LARGE = 300, 9_000
"""Documents of a corpus, and of one that is read by processes of their own."""
LOG_FILE = re.compile(r"\d{20}\.(?:json|checkpoint\.parquet)|_last_checkpoint")
KEPT = (LOG, LOCK, "report.html", "scratch", "scratch/spill")
out = Console()


@dataclass(frozen=True)
class Kind:
    """A kind of fault, its share of a campaign in hundredths, how many documents it needs, and whether a disk of its own."""

    name: str
    share: int
    plant: Fault
    documents: int = SMALL
    needs_disk: bool = False


KINDS = (
    Kind("driver-killed", 40, send(signal.SIGKILL)),
    Kind("driver-killed-twice", 10, kill_twice),
    Kind("worker-killed", 15, kill_worker, documents=LARGE),
    Kind("disk-full", 15, fill_disk, needs_disk=True),
    Kind("two-commands", 10, write_at_once),
    Kind("terminated", 5, send(signal.SIGTERM)),
    Kind("interrupted", 5, send(signal.SIGINT)),
)


@dataclass(frozen=True)
class Way:
    """How commands compute: the engine, its settings, the jobs, and the kinds of faults that it can meet."""

    engine: str
    kinds: tuple[Kind, ...]
    jobs: tuple[str, ...]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A fault, and what the workspace held once the command had been given again and `maintain` had run.

    Args:
        resumed: with which code the command ended that went on.
        seconds: how long it took.
        different: tables whose hashes are not those of the undisturbed run.
        lost: rows that are missing, over all tables.
        doubled: rows that are too many.
        stray: files that no version of a table holds, and what steps left in scratch.
        orphans: processes of the disturbed command that outlived it.
    """

    kind: str
    number: int
    disturbed: Disturbed
    resumed: int
    seconds: float
    different: Sequence[str]
    lost: int
    doubled: int
    stray: Sequence[str]
    orphans: int

    @property
    def whole(self) -> bool:
        """Whether nothing is left of the fault."""
        return not (self.resumed or self.different or self.lost or self.doubled or self.stray or self.orphans)


def write_corpus(path: Path, documents: int) -> Path:
    """Made documents, a tenth of them copied, with rows that cannot be read among them."""
    odd = [{"id": "empty", "text": " "}, {"id": "null", "text": None}, {"id": "word", "text": "word"}]
    rows = [*tiny_corpus(documents, copies=documents // 10), *odd]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n", encoding="utf-8")
    return path


def run_undisturbed(case: Case, home: Path) -> Case:
    """The case with what its command does; it runs twice, so that what is compiled once is not timed."""
    for name in ("first", "second"):
        workspace = home / name
        began = time.monotonic()
        if launch(case.arguments, workspace, case.engine, home / f"{name}.log").wait(PATIENCE):
            raise RuntimeError(f"the undisturbed command failed; see {home / name}.log")
    size = sum(file.stat().st_size for file in workspace.rglob("*") if file.is_file())
    return replace(
        case,
        seconds=time.monotonic() - began,
        steps={
            event["job"]: event["seconds"] for event in map(json.loads, (workspace / LOG).open()) if event["event"] == "finished"
        },
        tables=read_hashes(workspace),
        rows=read_rows(workspace),
        size=size,
    )


def read_steps(workspace: Path) -> dict[str, float]:
    """Seconds of each job, by the log of the workspace."""
    events = map(json.loads, (workspace / LOG).read_text(encoding="utf-8").splitlines())
    return {event["job"]: event["seconds"] for event in events if event["event"] == "finished"}


def read_hashes(workspace: Path) -> dict[str, str]:
    """The hash of each table, as ``resonance tables --hash`` tells it."""
    return Workspace(load("local", "", workspace=str(workspace)), reads=True).digests()


def read_rows(workspace: Path) -> dict[str, int]:
    """The rows of each table."""
    return Workspace(load("local", "", workspace=str(workspace)), reads=True).counts()


def find_strays(workspace: Path) -> list[str]:
    """Files that no version of a table holds, and that are not the workspace's log, lock or report; empty folders."""
    known = {workspace / name for name in KEPT}
    for table in (workspace / "tables").iterdir():
        if not (table / "_delta_log").exists():  # nothing was written into it yet
            known.add(table)
            continue
        replaced = DeltaTable(table).vacuum(0, dry_run=True, enforce_retention_duration=False)
        known |= {*list_live_files(table), *(table / path for path in replaced)}
        known |= {path for path in (table / "_delta_log").iterdir() if LOG_FILE.fullmatch(path.name)}
    found = [path for path in workspace.rglob("*") if path not in known and (path.is_file() or not any(path.iterdir()))]
    return sorted(str(path.relative_to(workspace)) for path in found)


def try_fault(kind: Kind, number: int, seed: int, case: Case, home: Path) -> Outcome:
    """Plant one fault, give the command again, tidy up and compare."""
    workspace = home / f"{number:03}" / "w"
    workspace.parent.mkdir()
    with disk(workspace.parent) if kind.needs_disk else nothing():
        disturbed = kind.plant(case, workspace, Random(f"{seed} {kind.name} {number}"))
        orphans = find_orphans(workspace)
        began = time.monotonic()
        resumed = launch(case.arguments, workspace, case.engine, home / f"{number:03}-resumed.log").wait(PATIENCE)
        seconds = time.monotonic() - began
        resonance.open(str(workspace), console=Console(quiet=True)).maintain()
        hashes, rows = read_hashes(workspace), read_rows(workspace)
        outcome = Outcome(
            kind.name,
            number,
            disturbed,
            resumed,
            round(seconds, 1),
            [name for name in hashes if hashes[name] != case.tables[name]],
            sum(max(case.rows[name] - rows[name], 0) for name in rows),
            sum(max(rows[name] - case.rows[name], 0) for name in rows),
            find_strays(workspace),
            len(orphans),
        )
    if outcome.whole:
        shutil.rmtree(workspace.parent)
    return outcome


@contextmanager
def nothing() -> Iterator[None]:
    """A place that needs no disk."""
    yield


@contextmanager
def disk(place: Path) -> Iterator[None]:
    """A disk in memory, mounted on a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", place], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def can_mount(home: Path) -> bool:
    """Whether this process may mount a disk."""
    try:
        with disk(home):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


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
                "lost": sum(one.lost for one in own),
                "doubled": sum(one.doubled for one in own),
                "stray": sum(len(one.stray) for one in own),
                "orphans": sum(one.orphans for one in own),
                "resume_seconds": {"median": round(median(times), 1), "most": max(times)},
                "undisturbed_seconds": round(cases[kind].seconds, 1),
            }
        )
    return found


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table of a campaign."""
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*(f"{v['median']:g} (most {v['most']:g})" if isinstance(v, dict) else str(v) for v in row.values()))
    out.print(table)


def plant_all(faults: Sequence[Kind], way: Way, seed: int, minutes: float, home: Path) -> tuple[list[Outcome], dict[str, Case]]:
    """These faults in turn, as far as the minutes reach, with a line on each; and what is undisturbed, by kind."""
    made: dict[int, Case] = {}
    for documents in sorted({kind.documents for kind in faults}):
        corpus = write_corpus(home / f"{documents}.jsonl", documents)
        settings = (f"--set={setting}" for setting in (*SMALL_PLAN, f"ingest.inputs=[{corpus}]", *way.settings))
        arguments = ("run", *way.jobs, "--rounds=1", *settings)
        (home / str(documents)).mkdir()
        made[documents] = run_undisturbed(Case(arguments, way.engine), home / str(documents))
        out.print(f"{documents} documents, undisturbed: {made[documents].seconds:.1f} s")
    outcomes: list[Outcome] = []
    until = time.monotonic() + 60 * minutes
    for number, kind in enumerate(faults):
        if time.monotonic() > until:
            break
        outcomes.append(try_fault(kind, number, seed, made[kind.documents], home))
        say(outcomes[-1])
    return outcomes, {kind.name: made[kind.documents] for kind in faults}


def say(one: Outcome) -> None:
    """A line on a fault."""
    fault = f"{one.number} {one.kind} at {one.disturbed.at}: ended with {one.disturbed.ended}, resumed in {one.seconds:g} s"
    found = "whole" if one.whole else f"NOT WHOLE {asdict(one)}"
    out.print(f"{fault}, {found}", highlight=False, soft_wrap=True)


def list_faults(kinds: Sequence[Kind], faults: int, seed: int) -> list[Kind]:
    """So many faults in a drawn order, each kind with its share and once at least."""
    found = [kind for kind in kinds for _ in range(max(1, round(kind.share * faults / 100)))]
    Random(seed).shuffle(found)
    return found


@contextmanager
def open_way(engine: str, home: Path) -> Iterator[Way]:
    """The embedded engine, or a cluster of Spark that lives until the end of the ``with`` statement."""
    if engine == "embedded":
        yield Way(engine, KINDS, DATA_HALF)
        return
    with open_cluster(home) as cluster:
        kinds = (
            Kind("executor-killed", 30, cluster.kill_executor),
            Kind("worker-killed", 20, cluster.kill_worker),
            Kind("driver-killed", 30, send(signal.SIGKILL)),
            Kind("task-retried", 20, cluster.retry_task),
        )
        yield Way(engine, kinds, CURATION, cluster.settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "spark"), default="embedded")
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=240, help="no fault is planted later than this")
    parser.add_argument("--only", type=lambda given: given.split(","), default=[], help="kinds of faults; all where none is named")
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have us ignore it, and what we start
    home = cache("chaos", asked.engine)
    shutil.rmtree(home)
    home.mkdir()
    with open_way(asked.engine, home) as way:
        kinds = [kind for kind in way.kinds if not asked.only or kind.name in asked.only]
        left_out = [] if can_mount(home) else [kind.name for kind in kinds if kind.needs_disk]
        planned = list_faults([kind for kind in kinds if kind.name not in left_out], asked.faults, asked.seed)
        outcomes, cases = plant_all(planned, way, asked.seed, asked.minutes, home)
    rows = sum_up(outcomes, cases)
    show(rows)
    figures = {
        "experiment": "chaos",
        "line": "equal hashes of tables, no row lost or doubled, no stray file after maintain, no process left",
        "seeds": [asked.seed],
        "engine": asked.engine,
        "left_out": left_out,
        "planned": len(planned),
        "planted": len(outcomes),
        "passed": all(one.whole for one in outcomes),
        "statistics": rows,
        "faults": [asdict(one) for one in outcomes],
    }
    if not asked.no_result:
        given = f"--engine {asked.engine} --faults {asked.faults} --seed {asked.seed} --minutes {asked.minutes:g}"
        given += f" --only {','.join(asked.only)}" if asked.only else ""
        out.print(f"result: {write_result('chaos', f'python -m tests.bench.chaos {given}', figures)}", soft_wrap=True)


if __name__ == "__main__":
    main()
