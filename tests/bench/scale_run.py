"""One run of the data half on Spark, and what each of its steps cost: bytes read, shuffled, written, spilled, and core-seconds."""

from __future__ import annotations

import json
import shutil
import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.bench import event_log
from tests.bench.corpus import sized_corpus
from tests.bench.places import cache, cpu_seconds
from tests.bench.sizes import Copies
from tests.bench.speed_engines import RESONANCE
from tests.bench.speed_process import run
from tests.conformance.commands import DATA_HALF

CORES = 2
TASK_MEGABYTES = 64
"""Of the corpus, for each partition of a shuffle: tasks do not grow with the corpus, as they would not on a cluster."""
TOKENS_PER_MEGABYTE = 125_000
"""What a round draws: about half of the text."""
SAMPLE_SECONDS = 0.5
DRIVER = "driver"
"""What is no task: planning, commits, the report, and what the JVM does beside tasks (compiling, collecting memory)."""
MEASURES = ("core_seconds", "read", "shuffled", "written", "spilled")


@dataclass(frozen=True)
class Cost:
    """What the stages of one step of one job cost together.

    Args:
        step: the table or checkpoint that they worked for, as the event log tells.
        core_seconds: processor time of the JVM's tasks by the log, and of Spark's Python by samples.
        occupied: seconds for which tasks held a core, idle or not.
    """

    job: str
    step: str
    stages: int
    tasks: int
    core_seconds: float
    occupied: float
    read: int
    shuffled: int
    written: int
    spilled: int


@dataclass
class Sampler:
    """Reads again and again how much processor time was used below this process, until it is told to stop.

    Args:
        used: by Spark's Python, at each of the times.
        whole: by all, this process included. The last sample of each process counts: one that its parent does not wait for leaves
            no trace when it has ended.
    """

    times: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    whole: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Runs in a thread."""
        each: dict[int, float] = {}
        own: dict[tuple[int, float], float] = {}
        before = dict(list_used())
        while not self.stop.wait(SAMPLE_SECONDS):
            each |= {pid: cpu_seconds(pid) for pid in find_daemons()}
            self.times.append(time.time())
            self.used.append(sum(each.values()))
            own |= dict(list_used())
            self.whole = sum(own.values()) - sum(before.values())


def list_used() -> Iterator[tuple[tuple[int, float], float]]:
    """This process and those below it, by number and start, with the processor time that each used itself."""
    top = psutil.Process()
    for process in (top, *top.children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            yield (process.pid, process.create_time()), times.user + times.system


def find_daemons() -> list[int]:
    """The processes of Spark below this one that start its Python workers."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "pyspark.daemon" in process.cmdline() and "pyspark.daemon" not in (process.parent() or process).cmdline():
                found.append(process.pid)
    return found


def measure(megabytes: float) -> dict[str, Any]:
    """One run into a workspace of its own, which is deleted again."""
    corpus, home = sized_corpus(megabytes, True, copies=Copies()), cache("scale", f"{megabytes:g}mb")
    shutil.rmtree(home)
    events = home / "events"
    events.mkdir(parents=True)
    sampler = Sampler()
    watcher = threading.Thread(target=sampler.watch, daemon=True)
    watcher.start()
    try:
        usage = run(command(megabytes, corpus, home / "w", events), home / "log.txt", ours=True)
    finally:
        sampler.stop.set()
    watcher.join()
    costs = list_costs(events, read_jobs(home / "w" / "events.jsonl"), sampler)
    shutil.rmtree(home / "w")
    return {
        "megabytes": megabytes,
        "bytes": sum(path.stat().st_size for path in corpus.iterdir()),
        "seconds": usage.seconds,
        "cpu_seconds": round(sampler.whole, 1),
        "peak_gb": usage.peak_gb,
        "costs": [vars(cost) for cost in costs],
    }


def command(megabytes: float, corpus: Path, workspace: Path, events: Path) -> tuple[object, ...]:
    """The data half, from files to a plan's draw, on Spark in one process of so many cores."""
    given = (
        f"ingest.inputs=[{corpus}]",
        "ingest.keep_raw=false",
        f"rebalance.tokens={max(int(TOKENS_PER_MEGABYTE * megabytes), 1_000)}",
        "tracking.enabled=false",
        f"spark.master=local[{CORES}]",
        f"spark.shuffle_partitions={max(CORES, round(megabytes / TASK_MEGABYTES))}",
        f"spark.conf={json.dumps(event_log.conf(events))}",
    )
    settings = (word for setting in given for word in ("--set", setting))
    return (RESONANCE, "run", *DATA_HALF, "--rounds=1", "--workspace", workspace, "--engine", "spark", *settings)


def read_jobs(log: Path) -> list[tuple[float, str]]:
    """When each job began, by the log of the workspace."""
    told = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return [(datetime.fromisoformat(one["at"]).timestamp(), one["job"]) for one in told if one["event"] == "started"]


def list_costs(events: Path, jobs: Sequence[tuple[float, str]], sampler: Sampler) -> list[Cost]:
    """What each step cost, in the order of its first stage, and the driver."""
    steps, ended = event_log.read_log(events)
    python = deal_python(ended, sampler)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sorted(ended):
        began = min(task["Task Info"]["Launch Time"] for task in ended[number]) / 1000
        at = bisect_right([start for start, _ in jobs], began)
        found[jobs[max(at - 1, 0)][1], steps[number]].append(number)
    costs = [
        add_up(job, step, len(numbers), [task for number in numbers for task in ended[number]], sum(python[n] for n in numbers))
        for (job, step), numbers in found.items()
    ]
    rest = round(max(sampler.whole - sum(cost.core_seconds for cost in costs), 0), 1)
    return [*costs, Cost(DRIVER, DRIVER, 0, 0, rest, 0.0, 0, 0, 0, 0)]


def deal_python(ended: Mapping[int, Sequence[Mapping[str, Any]]], sampler: Sampler) -> dict[int, float]:
    """Processor time of Spark's Python for each stage: what a sample shows goes to the tasks that ran meanwhile."""
    spans = [(number, task["Task Info"]) for number, tasks in ended.items() for task in tasks]
    numbers = np.array([number for number, _ in spans])
    began, over = (np.array([about[name] / 1000 for _, about in spans]) for name in ("Launch Time", "Finish Time"))
    dealt: dict[int, float] = dict.fromkeys(ended, 0.0)
    samples = list(zip(sampler.times, sampler.used, strict=True))
    for (since, before), (until, after) in pairwise(samples):
        shared = np.clip(np.minimum(over, until) - np.maximum(began, since), 0, None)
        if after > before and shared.any():
            for at in shared.nonzero()[0]:
                dealt[int(numbers[at])] += (after - before) * float(shared[at] / shared.sum())
    return dealt


def add_up(job: str, step: str, stages: int, tasks: Sequence[Mapping[str, Any]], python: float) -> Cost:
    """What these tasks cost together."""
    metrics = [task["Task Metrics"] for task in tasks]
    return Cost(
        job,
        step,
        stages,
        len(tasks),
        round(sum(one["Executor CPU Time"] + one["Executor Deserialize CPU Time"] for one in metrics) / 1e9 + python, 2),
        round(sum(one["Executor Run Time"] for one in metrics) / 1000, 2),
        sum(one["Input Metrics"]["Bytes Read"] for one in metrics),
        sum(one["Shuffle Write Metrics"]["Shuffle Bytes Written"] for one in metrics),
        sum(one["Output Metrics"]["Bytes Written"] for one in metrics),
        sum(one["Disk Bytes Spilled"] for one in metrics),
    )
