"""Faults planted into curation on a cluster of Spark, many into each run; after each run, what it leaves is compared.

python -m tests.bench.chaos_spark [--faults 100] [--in-run 20] [--megabytes 1000] [--seed 1] [--minutes 240]
                                  [--only driver-killed,…] [--no-result]

A master, three workers and a server of S3, each on a host of its own, curate made English. Executors, workers and the driver are
killed (-9), tasks are done again, links are cut or slow for a while, disks fill up, clocks move, two commands write at once; in
runs whose tables lie in a bucket, its server refuses, drops and delays requests, or is cut off. Faults come one after another while
the command runs; a command that ends by one is given again. At the end of a run `maintain` tidies up, and the workspace is held
beside that of a run that nobody disturbed: hashes of tables, rows, stray files, processes that are left. Filling a disk needs the
right to mount one, hosts that can be cut off need the right to make network namespaces (``ip netns``), clocks a compiler of C,
buckets the jars of `make setup-s3`; else those faults are left out, and the output and the result say so.
"""

from __future__ import annotations

import shutil
import signal
import time
from argparse import Namespace
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from subprocess import TimeoutExpired
from typing import Any

from resonance.runtime.engines.spark import has_buckets
from tests.bench.chaos_campaign import DISK, list_faults, make_home, read_arguments, run_undisturbed, write_down
from tests.bench.chaos_clock import CLOCKS, can_compile
from tests.bench.chaos_cluster import Cluster, open_cluster
from tests.bench.chaos_faults import (
    PATIENCE,
    Case,
    Strike,
    Struck,
    Target,
    can_mount,
    keep_tables,
    read_events,
    read_last_line,
    send,
)
from tests.bench.chaos_hosts import NETWORKS, SLOW_LINKS
from tests.bench.chaos_outcomes import Left, compare, count_left, out, show
from tests.bench.chaos_storage import place_tables
from tests.bench.corpus import sized_corpus
from tests.bench.sizes import Copies
from tests.conformance.commands import SMALL_PLAN
from tests.conformance.faults import launch

PAUSE = (0.0, 20.0)
"""Seconds between the end of a fault, or the begin of a step, and the next fault."""
CURATION = ("ingest", "judge", "dedupe")
CLOCK = "clock-moved"
BUCKETS = "buckets on Spark (make setup-s3)"
MORE = {
    "in-run": (20, "faults of one run at most"),
    "megabytes": (1000, "of made text that is curated"),
}


@dataclass(frozen=True)
class Kind:
    """A kind of fault, its share of a campaign in hundredths, whether tables lie in a bucket, and what the machine must permit."""

    name: str
    share: int
    strike: Strike
    bucket: bool = False
    needs: str = ""


@dataclass
class Fault:
    """A fault of a run.

    Args:
        step: the job that ran.
        at: how far into the command in seconds, and what the fault was.
        met: whether it met what it is about.
        ended: with which code the command ended by it; None where it went on.
        said: the last line of a command that ended.
        planted: when it began, in seconds of Unix time.
        resumed: seconds from the next command's start to the end of its first step; None where another fault came before.
    """

    kind: str
    step: str
    at: str
    met: bool
    planted: float
    ended: int | None = None
    said: str = ""
    resumed: float | None = None


@dataclass
class Run:
    """A run that is disturbed.

    Args:
        commands: how often the command was given.
        seconds: from the first command's start to the last one's end.
        orphans: processes that outlived a command.
        code: with which the last command ended.
    """

    number: int
    bucket: bool
    faults: list[Fault] = field(default_factory=list)
    commands: int = 0
    seconds: float = 0.0
    orphans: int = 0
    code: int = 0
    left: Left | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is left of its faults."""
        return self.left is not None and self.left.whole and not (self.code or self.orphans)


def list_kinds(cluster: Cluster) -> tuple[Kind, ...]:
    """What may befall a cluster."""
    killed = send(signal.SIGKILL)
    return (
        Kind("executor-killed", 13, cluster.kill_executor),
        Kind("worker-killed", 10, cluster.kill_worker),
        Kind("driver-killed", 13, killed),
        Kind("task-retried", 12, cluster.retry_task),
        Kind("worker-cut-off", 12, cluster.cut_off, needs=NETWORKS),
        Kind("link-slow", 5, cluster.slow_down, needs=SLOW_LINKS),
        Kind("worker-disk-full", 6, cluster.fill_disk, needs=DISK),
        Kind("two-commands", 3, give_second),
        Kind(CLOCK, 3, cluster.move_clock, needs=CLOCKS),
        Kind("worker-clock-moved", 3, cluster.move_worker_clock, needs=CLOCKS),
        Kind("bucket-fails", 8, cluster.storage.fail_for_a_while, bucket=True, needs=BUCKETS),
        Kind("bucket-cut-off", 4, cluster.cut_off_storage, bucket=True, needs=BUCKETS),
        Kind("bucket-driver-killed", 4, killed, bucket=True, needs=BUCKETS),
        Kind("bucket-executor-killed", 4, cluster.kill_executor, bucket=True, needs=BUCKETS),
    )


def give_second(at: Target) -> Struck:
    """A second command is given on the workspace while the first one runs: it is refused."""
    log = at.workspace.parent / "second.log"
    code = launch(at.case.arguments, at.workspace, at.case.engine, log).wait(PATIENCE)
    return Struck(f"the second ended with {code}", code == 1)


def disturb(run: Run, kinds: deque[Kind], case: Case, cluster: Cluster, workspace: Path, chance: Random, most: int) -> None:
    """Give the command as often as it takes, and plant faults into it while there are any; they are taken from ``kinds``."""
    began, last = time.monotonic(), None
    while True:
        run.commands += 1
        log, known, started = workspace.parent / f"{run.commands}.log", len(read_events(workspace)), time.time()
        process = case.start(workspace, log)
        struck = strike_all(run, kinds, Target(case, process, workspace, chance), known, most)
        run.code = process.wait(PATIENCE)
        if last is not None:
            last.resumed = find_resumed(read_events(workspace)[known:], started, struck)
        if not run.code or not struck:  # a command that nothing struck is not to fail
            break
        last = struck[-1]
        last.ended, last.said = run.code, read_last_line(log, workspace)
        run.orphans += len(cluster.find_left(workspace))
    run.seconds = round(time.monotonic() - began, 1)


def strike_all(run: Run, kinds: deque[Kind], at: Target, known: int, most: int) -> list[Fault]:
    """Plant faults into a command until it ends, or none is left for its run; ``known`` events of the log are of earlier commands.

    A half of them at most strikes one step. What met nothing, as there was nothing to meet, comes again later.
    """
    began, struck = time.monotonic(), list[Fault]()
    while at.process.poll() is None and kinds and len(run.faults) < most:
        step = find_step(read_events(at.workspace)[known:])
        if not step or sum(fault.step == step for fault in run.faults) >= most / 2:
            time.sleep(0.1)
            continue
        with suppress(TimeoutExpired):
            at.process.wait(at.chance.uniform(*PAUSE))
        if at.process.poll() is not None:
            break
        kind, planted = kinds.popleft(), time.time()
        step, seconds = find_step(read_events(at.workspace)[known:]) or step, time.monotonic() - began
        found = kind.strike(at)
        if not found.met and at.process.poll() is None:
            kinds.append(kind)
            continue
        struck.append(Fault(kind.name, step, ", ".join(filter(None, (f"{seconds:.0f} s", found.told))), found.met, planted))
        run.faults.append(struck[-1])
        out.print(f"  {len(run.faults)} {kind.name}: {step}, {struck[-1].at}", highlight=False, soft_wrap=True)
        with suppress(TimeoutExpired):  # a killed driver is gone in a moment
            at.process.wait(0.5)
    return struck


def find_step(events: Sequence[Mapping[str, Any]]) -> str:
    """The job of the last step that began; empty where none did."""
    return next((str(event["job"]) for event in reversed(events) if event["event"] == "started"), "")


def find_resumed(events: Sequence[Mapping[str, Any]], since: float, struck: Sequence[Fault]) -> float | None:
    """Seconds from a command's start to the end of its first step, where nothing had struck it by then."""
    ends = (datetime.fromisoformat(event["at"]).timestamp() for event in events if event["event"] == "finished")
    end = next(ends, None)
    return None if end is None or any(fault.planted < end for fault in struck) else round(end - since, 1)


def run_all(
    planned: Sequence[Kind], cases: Mapping[bool, Case], cluster: Cluster, home: Path, asked: Namespace, runs: list[Run]
) -> None:
    """One run after another, in a folder and in a bucket in turn, until all faults are planted or the minutes are over."""
    until = time.monotonic() + 60 * asked.minutes
    left = {bucket: deque(kind for kind in planned if kind.bucket == bucket) for bucket in cases}
    while any(left.values()) and time.monotonic() < until:
        for bucket, kinds in left.items():
            if kinds and time.monotonic() < until:
                runs.append(Run(len(runs), bucket))
                workspace = home / f"run-{runs[-1].number:02}" / "w"
                workspace.parent.mkdir()
                run_disturbed(runs[-1], kinds, cases[bucket], cluster, workspace, asked)


def run_disturbed(run: Run, kinds: deque[Kind], case: Case, cluster: Cluster, workspace: Path, asked: Namespace) -> None:
    """Fill in a run; its workspace goes where it is whole."""
    cluster.driver.stop()
    with cluster.give_clock(workspace) if any(kind.name == CLOCK for kind in kinds) else nullcontext():
        disturb(run, kinds, case, cluster, workspace, Random(f"{asked.seed} {run.number}"), asked.in_run)
    cluster.driver.stop()
    run.left = compare(case, workspace)
    say(run)
    if run.whole:
        shutil.rmtree(workspace.parent)


def say(run: Run) -> None:
    """A line on a run."""
    place = "a bucket" if run.bucket else "a folder"
    told = f"{len(run.faults)} faults, {run.commands} commands, {run.seconds:,.0f} s"
    found = "whole" if run.whole else f"NOT WHOLE: code {run.code}, {run.orphans} processes left, {run.left}"
    out.print(f"run {run.number} in {place}: {told}, {found}", highlight=False, soft_wrap=True)


def sum_up(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A row for each kind."""
    found = []
    for kind in sorted({fault.kind for run in runs for fault in run.faults}):
        own = [(fault, run.whole) for run in runs for fault in run.faults if fault.kind == kind]
        ends = Counter(fault.ended for fault, _ in own if fault.ended is not None)
        times = sorted(fault.resumed for fault, _ in own if fault.resumed is not None)
        row = {"kind": kind, "faults": len(own), "met": sum(fault.met for fault, _ in own), "went_on": len(own) - ends.total()}
        row |= {"ended_with": ", ".join(f"{code}: {many}" for code, many in sorted(ends.items()))}
        row |= {"in_whole_runs": sum(whole for _, whole in own)}
        found.append(row | {"resume_seconds": {"median": round(median(times), 1), "most": times[-1]} if times else None})
    return found


def main() -> None:
    asked, home = read_arguments(__doc__, MORE), make_home("spark")
    with open_cluster(home, asked.megabytes) as cluster:
        lacks = cluster.hosts.lacks | (frozenset() if can_mount(home) else {DISK}) | (frozenset() if can_compile() else {CLOCKS})
        planned, left_out = list_faults(list_kinds(cluster), asked, lacks | (frozenset() if has_buckets() else {BUCKETS}))
        corpus = sized_corpus(asked.megabytes, True, copies=Copies())
        cases = {}
        for bucket in (False, True):
            settings = (*SMALL_PLAN, f"ingest.inputs=[{corpus}]", *cluster.list_settings(bucket=bucket))
            arguments = ("run", *CURATION, "--rounds=1", *(f"--set={setting}" for setting in settings))
            cases[bucket] = Case(arguments, "spark", cluster.driver.launch, place_tables if bucket else keep_tables)
        (home / "undisturbed").mkdir()
        done = run_undisturbed(cases[False], home / "undisturbed", ("w",))
        out.print(f"{asked.megabytes} MB, undisturbed, in a folder: {done.seconds:,.0f} s")
        shared = {"seconds": done.seconds, "tables": done.tables, "rows": done.rows}  # those of a bucket are to be the same
        runs: list[Run] = []
        try:
            run_all(planned, {bucket: replace(case, **shared) for bucket, case in cases.items()}, cluster, home, asked, runs)
        finally:  # what a campaign that was cut off has found
            ended = [run for run in runs if run.left]
            rows = sum_up(ended)
            show(rows)
            figures = {"megabytes": asked.megabytes, "undisturbed_seconds": round(done.seconds, 1), "left_out": left_out}
            figures |= {"planned": len(planned), "planted": sum(len(run.faults) for run in ended), "statistics": rows}
            figures |= {"in_a_run_cut_off": sum(len(run.faults) for run in runs if not run.left)}
            figures |= count_left([run.left for run in ended if run.left]) | {"orphans": sum(run.orphans for run in ended)}
            figures |= {"passed": all(run.whole for run in ended), "runs": [asdict(run) for run in ended]}
            write_down("chaos-spark", asked, figures)


if __name__ == "__main__":
    main()
