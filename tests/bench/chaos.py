"""Faults planted into curation and planning, one after another; after each the same command again, and what it leaves is compared.

python -m tests.bench.chaos [--engine embedded|spark] [--faults 100] [--seed 1] [--minutes 240] [--megabytes 1000]
                            [--only disk-full,…] [--no-result]

The driver or a worker is killed (-9), the disk fills up, two commands write at once, a command is stopped, the clock moves, a
bucket with the tables fails. Then the command is repeated, `maintain` tidies up, and the workspace is held beside one that nobody
disturbed: hashes of tables, rows, stray files, processes that are left. On Spark, a cluster of separate hosts curates: its
executors and workers are killed too, their links are cut or slow for a while, their disks fill up, their clocks move. Filling a
disk needs the right to mount one, hosts that can be cut off need the right to make network namespaces (``ip netns``), clocks a
compiler of C; else those faults are left out, and the output and the result say so.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

import resonance
from resonance.testing import tiny_corpus
from tests.bench.chaos_clock import CLOCKS, can_compile, move_clock
from tests.bench.chaos_cluster import open_cluster
from tests.bench.chaos_faults import (
    PATIENCE,
    ROOM,
    Case,
    Fault,
    Launch,
    can_mount,
    fill_disk,
    keep_tables,
    kill_twice,
    kill_worker,
    mount_disk,
    send,
    write_at_once,
)
from tests.bench.chaos_hosts import NETWORKS, SLOW_LINKS
from tests.bench.chaos_outcomes import Outcome, find_strays, out, read_hashes, read_rows, read_steps, say, show, sum_up
from tests.bench.chaos_storage import find_stray_objects, open_bucket, place_tables
from tests.bench.corpus import sized_corpus
from tests.bench.places import cache, write_result
from tests.bench.sizes import Copies
from tests.conformance.commands import DATA_HALF, SMALL_PLAN
from tests.conformance.faults import find_orphans, launch

CURATION = ("ingest", "judge", "dedupe")
"""What a cluster is asked for: it takes many times as long as the embedded engine."""
SMALL, LARGE = 300, 9_000
"""Documents of a corpus, and of one that is read by processes of their own."""
DISK = "a disk of its own"


@dataclass(frozen=True)
class Kind:
    """A kind of fault, its share of a campaign in hundredths, what it needs, and what the machine must permit for it.

    Args:
        documents: how many of them it needs.
        bucket: whether the tables lie in one.
    """

    name: str
    share: int
    plant: Fault
    documents: int = SMALL
    bucket: bool = False
    needs: str = ""

    @property
    def world(self) -> tuple[int, bool]:
        """What it has in common with other kinds: they are held beside the same undisturbed run."""
        return self.documents, self.bucket


KINDS = (
    Kind("driver-killed", 35, send(signal.SIGKILL)),
    Kind("driver-killed-twice", 9, kill_twice),
    Kind("worker-killed", 8, kill_worker, documents=LARGE),
    Kind("disk-full", 12, fill_disk, needs=DISK),
    Kind("two-commands", 8, write_at_once),
    Kind("terminated", 4, send(signal.SIGTERM)),
    Kind("interrupted", 4, send(signal.SIGINT)),
    Kind("clock-moved", 9, move_clock, needs=CLOCKS),
    Kind("bucket-driver-killed", 3, send(signal.SIGKILL), bucket=True),
)


@dataclass(frozen=True)
class Way:
    """How commands compute: the engine, its settings, the jobs, and the kinds of faults that it can meet.

    Args:
        lacks: what some of these need, and this machine does not permit.
        find_left: the commands of processes that outlive a disturbed command.
        launch: starts a command.
        launch_elsewhere: starts one whose tables lie in a bucket.
        megabytes: of text that is curated; made documents of so many as a kind needs where it is 0.
    """

    engine: str
    kinds: tuple[Kind, ...]
    jobs: tuple[str, ...]
    settings: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()
    find_left: Callable[[Path], Sequence[Sequence[str]]] = find_orphans
    launch: Launch = launch
    launch_elsewhere: Launch = launch
    megabytes: int = 0


def write_corpus(path: Path, documents: int) -> Path:
    """Made documents, a tenth of them copied, with rows that cannot be read among them."""
    odd = [{"id": "empty", "text": " "}, {"id": "null", "text": None}, {"id": "word", "text": "word"}]
    rows = [*tiny_corpus(documents, copies=documents // 10), *odd]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n", encoding="utf-8")
    return path


def run_undisturbed(case: Case, home: Path, times: int) -> Case:
    """The case with what its command does; it runs twice where what is compiled once would be much of its time."""
    for name in ("first", "second")[:times]:
        workspace = home / name
        began = time.monotonic()
        if case.start(workspace, home / f"{name}.log").wait(PATIENCE):
            raise RuntimeError(f"the undisturbed command failed; see {home / name}.log")
    size = sum(file.stat().st_size for file in workspace.rglob("*") if file.is_file())
    return replace(
        case,
        seconds=time.monotonic() - began,
        steps=read_steps(workspace),
        tables=read_hashes(workspace, case.place(workspace)),
        rows=read_rows(workspace, case.place(workspace)),
        size=size,
    )


def try_fault(kind: Kind, number: int, seed: int, case: Case, way: Way, home: Path) -> Outcome:
    """Plant one fault, give the command again, tidy up and compare."""
    workspace = home / f"{number:03}" / "w"
    workspace.parent.mkdir()
    with mount_disk(workspace.parent, ROOM) if kind.plant is fill_disk else nullcontext():
        disturbed = kind.plant(case, workspace, Random(f"{seed} {kind.name} {number}"))
        orphans = way.find_left(workspace)
        began = time.monotonic()
        resumed = case.start(workspace, home / f"{number:03}-resumed.log").wait(PATIENCE)
        seconds, placed = time.monotonic() - began, case.place(workspace)
        resonance.open(str(workspace), settings=placed, console=Console(quiet=True)).maintain()
        hashes, rows = read_hashes(workspace, placed), read_rows(workspace, placed)
        stray, waiting = find_stray_objects(placed["tables"]) if placed else ([], 0)
        outcome = Outcome(
            kind.name,
            number,
            disturbed,
            resumed,
            round(seconds, 1),
            [name for name in hashes if hashes[name] != case.tables[name]],
            sum(max(case.rows[name] - rows[name], 0) for name in rows),
            sum(max(rows[name] - case.rows[name], 0) for name in rows),
            [*find_strays(workspace), *stray],
            len(orphans),
            waiting,
        )
    if outcome.whole:
        shutil.rmtree(workspace.parent)
    return outcome


def run_cases(faults: Sequence[Kind], way: Way, home: Path) -> dict[tuple[int, bool], Case]:
    """What is undisturbed, by what these faults need."""
    made: dict[tuple[int, bool], Case] = {}
    for documents, bucket in sorted({kind.world for kind in faults}):
        named = f"{documents}-bucket" if bucket else f"{documents}"
        corpus = (
            sized_corpus(way.megabytes, True, copies=Copies())
            if way.megabytes
            else write_corpus(home / f"{named}.jsonl", documents)
        )
        settings = (f"--set={setting}" for setting in (*SMALL_PLAN, f"ingest.inputs=[{corpus}]", *way.settings))
        arguments = ("run", *way.jobs, "--rounds=1", *settings)
        (home / named).mkdir()
        given = (way.launch_elsewhere, place_tables) if bucket else (way.launch, keep_tables)
        case = Case(arguments, way.engine, *given)
        made[documents, bucket] = run_undisturbed(case, home / named, 1 if way.megabytes else 2)
        of = f"{way.megabytes} MB" if way.megabytes else f"{documents} documents"
        out.print(f"{of}{' in a bucket' if bucket else ''}, undisturbed: {made[documents, bucket].seconds:.1f} s")
    return made


def plant_all(
    faults: Sequence[Kind], cases: Mapping[tuple[int, bool], Case], way: Way, seed: int, minutes: float, home: Path
) -> Iterator[Outcome]:
    """These faults in turn, as far as the minutes reach, with a line on each."""
    until = time.monotonic() + 60 * minutes
    for number, kind in enumerate(faults):
        if time.monotonic() > until:
            break
        found = try_fault(kind, number, seed, cases[kind.world], way, home)
        say(found)
        yield found


def list_faults(kinds: Sequence[Kind], faults: int, seed: int) -> list[Kind]:
    """So many faults in a drawn order, each kind with its share and once at least."""
    found = [kind for kind in kinds for _ in range(max(1, round(kind.share * faults / 100)))]
    Random(seed).shuffle(found)
    return found


def leave_out(kinds: Sequence[Kind], lacks: Collection[str]) -> list[str]:
    """The names of kinds that this machine does not permit, with a line on them."""
    found = [kind.name for kind in kinds if kind.needs in lacks]
    if found:
        out.print(f"left out: {', '.join(found)}: not permitted here: {', '.join(sorted(lacks))}", soft_wrap=True)
    return found


@contextmanager
def open_way(engine: str, megabytes: int, home: Path) -> Iterator[Way]:
    """The embedded engine and a bucket, or a cluster of Spark, which live until the end of the ``with`` statement."""
    lacks = frozenset({DISK} if not can_mount(home) else ()) | frozenset({CLOCKS} if not can_compile() else ())
    if engine == "embedded":
        with open_bucket(home) as storage:
            fails = Kind("bucket-fails", 8, storage.fail_for_a_while, bucket=True)
            yield Way(engine, (*KINDS, fails), DATA_HALF, lacks=lacks, launch_elsewhere=storage.launch, megabytes=megabytes)
        return
    with open_cluster(home, megabytes) as cluster:
        kinds = (
            Kind("executor-killed", 15, cluster.kill_executor),
            Kind("worker-killed", 10, cluster.kill_worker),
            Kind("driver-killed", 15, send(signal.SIGKILL)),
            Kind("task-retried", 15, cluster.retry_task),
            Kind("worker-cut-off", 15, cluster.cut_off, needs=NETWORKS),
            Kind("link-slow", 5, cluster.slow_down, needs=SLOW_LINKS),
            Kind("worker-disk-full", 10, cluster.fill_disk, needs=DISK),
            Kind("two-commands", 5, write_at_once),
            Kind("clock-moved", 5, cluster.move_clock, needs=CLOCKS),
            Kind("worker-clock-moved", 5, cluster.move_worker_clock, needs=CLOCKS),
        )
        given = cluster.settings, lacks | cluster.hosts.lacks, cluster.find_left, cluster.driver.launch
        yield Way(engine, kinds, CURATION, *given, megabytes=megabytes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "spark"), default="embedded")
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=240, help="no fault is planted later than this")
    parser.add_argument("--megabytes", type=int, default=0, help="of made text; some hundred documents where it is 0")
    parser.add_argument("--only", type=lambda given: given.split(","), default=[], help="kinds of faults; all where none is named")
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have us ignore it, and what we start
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    home = cache("chaos", asked.engine)
    shutil.rmtree(home)
    home.mkdir()
    outcomes: list[Outcome] = []
    with open_way(asked.engine, asked.megabytes, home) as way:
        kinds = [kind for kind in way.kinds if not asked.only or kind.name in asked.only]
        left_out = leave_out(kinds, way.lacks)
        planned = list_faults([kind for kind in kinds if kind.name not in left_out], asked.faults, asked.seed)
        cases = run_cases(planned, way, home)
        try:
            for found in plant_all(planned, cases, way, asked.seed, asked.minutes, home):
                outcomes.append(found)
        finally:  # what a campaign that was cut off has found
            rows = sum_up(outcomes, {kind.name: cases[kind.world] for kind in planned})
            figures = {"engine": asked.engine, "left_out": left_out, "planned": len(planned), "statistics": rows}
            write_down(asked, outcomes, figures)


def write_down(asked: argparse.Namespace, outcomes: Sequence[Outcome], figures: Mapping[str, Any]) -> None:
    """Show the table of a campaign, and write its result."""
    show(figures["statistics"])
    if asked.no_result:
        return
    given = f"--engine {asked.engine} --faults {asked.faults} --seed {asked.seed} --minutes {asked.minutes:g}"
    given += f" --megabytes {asked.megabytes}" if asked.megabytes else ""
    given += f" --only {','.join(asked.only)}" if asked.only else ""
    about = {
        "experiment": "chaos",
        "line": "equal hashes of tables, no row lost or doubled, no stray file after maintain, no process left",
        "seeds": [asked.seed],
        **figures,
        "planted": len(outcomes),
        "passed": all(one.whole for one in outcomes),
        "faults": [asdict(one) for one in outcomes],
    }
    name = "chaos" if asked.engine == "embedded" else f"chaos-{asked.engine}"
    out.print(f"result: {write_result(name, f'python -m tests.bench.chaos {given}', about)}", soft_wrap=True)


if __name__ == "__main__":
    main()
