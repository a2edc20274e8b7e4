"""How much faster the jobs of the data half are with two and three workers than with one, on a cluster of this machine.

python -m tests.bench.workers [--megabytes 64] [--workers 1,2,3] [--no-result]

Each worker of Spark's own cluster has one task slot, and a quota of the kernel gives it POWER of a core, as the driver has DRIVER:
so all workers are alike, however many there are, and none takes its time from another one. Needs a machine that lets its user set
quotas (control groups: root on Linux), and nothing beside: seconds are what is measured. The efficiency of n workers is the time of
one over n times that of n; what only the driver does, and what starts once in every worker, keep it below 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.corpus import sized_corpus
from tests.bench.places import TOP, cache, cores, write_result
from tests.bench.sizes import Copies
from tests.bench.speed_engines import RESONANCE
from tests.conformance.commands import DATA_HALF
from tests.ports import free_ports

POWER, DRIVER = 0.4, 0.8
"""Of a core: each worker's, and the driver's. Three workers and the driver fill two cores."""
PERIOD = 100_000
"""Microseconds over which a quota holds."""
PATIENCE = 30
"""Seconds for the processes of a group to end."""
PARTITIONS = 6
"""Of a shuffle: a multiple of one, two and three."""
GROUPS = Path("/sys/fs/cgroup")
TOKENS_PER_MEGABYTE = 125_000
"""What a round draws: about half of the text."""


@contextmanager
def limit_power(name: str, power: float) -> Iterator[Path]:
    """A control group whose processes have so much of a core together: the file that takes their numbers.

    Raises:
        SystemExit: the machine does not permit it.
    """
    older = (GROUPS / "cpu").is_dir()  # version 1 has a tree for each kind of limit
    group = (GROUPS / "cpu" if older else GROUPS) / f"resonance-{os.getpid()}-{name}"
    limits = {"cpu.cfs_period_us": PERIOD, "cpu.cfs_quota_us": round(power * PERIOD)}
    try:
        group.mkdir()
        for file, value in (limits if older else {"cpu.max": f"{round(power * PERIOD)} {PERIOD}"}).items():
            (group / file).write_text(f"{value}\n", encoding="ascii")
    except OSError as error:
        raise SystemExit(f"workers: no quota can be set here ({error}): run it as root on a machine with control groups") from error
    try:
        yield group / "cgroup.procs"
    finally:
        until = time.monotonic() + PATIENCE
        while (group / "cgroup.procs").read_text(encoding="ascii").strip() and time.monotonic() < until:
            time.sleep(0.2)
        group.rmdir()


@contextmanager
def start_cluster(workers: int, home: Path) -> Iterator[str]:
    """The address of a master with so many workers of one slot, each with its quota; all end with the ``with`` statement."""
    master, web = free_ports(2)
    sized = {"WORKERS": str(workers), "WORKER_CORES": "1", "WORKER_MEMORY": "2g"}
    own = {"PYTHON": sys.executable, "CLUSTER_DIR": str(home), "MASTER_PORT": master, "WEB_PORT": web}
    environment, scripts = os.environ | sized | own, TOP / "cluster" / "standalone"
    started = subprocess.run(["sh", str(scripts / "start.sh")], env=environment, capture_output=True, text=True, check=False)
    if started.returncode:
        raise SystemExit(f"workers: {started.stderr.strip()}")
    with ExitStack() as groups:
        held = [groups.enter_context(limit_power(f"worker-{number}", POWER)) for number in range(1, workers + 1)]
        groups.callback(subprocess.run, ["sh", str(scripts / "stop.sh")], env=environment, capture_output=True, check=True)
        for number, processes in enumerate(held, 1):
            processes.write_text((home / f"worker-{number}.pid").read_text(encoding="ascii"), encoding="ascii")
        yield started.stdout.splitlines()[-1]


def time_jobs(workers: int, megabytes: float) -> dict[str, float]:
    """Seconds of each job of the data half, on a cluster and into a workspace of its own, which are removed again."""
    corpus, home = sized_corpus(megabytes, True, copies=Copies()), cache("workers", str(workers))
    shutil.rmtree(home)
    home.mkdir()
    with start_cluster(workers, home / "cluster") as master, limit_power("driver", DRIVER) as processes:
        conf = {"spark.executor.memory": "1500m", "spark.ui.enabled": "false"}
        given = (
            f"ingest.inputs=[{corpus}]",
            "ingest.keep_raw=false",
            f"rebalance.tokens={int(TOKENS_PER_MEGABYTE * megabytes)}",
            "tracking.enabled=false",
            f"spark.master={master}",
            f"spark.shuffle_partitions={PARTITIONS}",
            f"spark.conf={json.dumps(conf)}",
        )
        settings = [word for setting in given for word in ("--set", setting)]
        words = [str(RESONANCE), "run", *DATA_HALF, "--rounds=1", "--workspace", str(home / "w"), "--engine", "spark", *settings]
        with (home / "log.txt").open("wb") as log:
            done = subprocess.run(
                ["sh", "-c", f'echo $$ > "{processes}" && exec "$@"', "sh", *words], stdout=log, stderr=log, check=False
            )
    if done.returncode:
        raise SystemExit((home / "log.txt").read_text(encoding="utf-8")[-2000:])
    told = map(json.loads, (home / "w" / "events.jsonl").read_text(encoding="utf-8").splitlines())
    found = {one["job"]: one["seconds"] for one in told if one["event"] == "finished"}
    shutil.rmtree(home)
    return found


def compare(found: Mapping[int, Mapping[str, float]], megabytes: float) -> list[dict[str, Any]]:
    """For each job, and all together, by number of workers: seconds, MB a second, and the efficiency beside the fewest workers."""
    fewest = min(found)
    jobs = {name: {many: took[name] for many, took in found.items()} for name in found[fewest]}
    jobs["all of them"] = {many: sum(took.values()) for many, took in found.items()}
    return [
        {
            "job": name,
            "seconds": {str(many): round(seconds, 1) for many, seconds in took.items()},
            "mb_per_second": {str(many): round(megabytes / seconds, 2) for many, seconds in took.items()},
            "efficiency": {str(many): round(fewest * took[fewest] / (many * seconds), 2) for many, seconds in took.items()},
        }
        for name, took in jobs.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=64.0)
    parser.add_argument("--workers", type=lambda given: [int(many) for many in given.split(",")], default=[1, 2, 3])
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    if (needed := max(asked.workers) * POWER + DRIVER) > cores():
        raise SystemExit(f"workers: {max(asked.workers)} workers and the driver take {needed:g} cores, this machine has {cores()}")
    found = {many: time_jobs(many, asked.megabytes) for many in asked.workers}
    rows = compare(found, asked.megabytes)
    table = Table(
        "job", *(f"{many}: s" for many in found), *(f"{many}: MB/s" for many in found), *(f"{many}: efficiency" for many in found)
    )
    for row in rows:
        table.add_row(
            row["job"], *(str(value) for name in ("seconds", "mb_per_second", "efficiency") for value in row[name].values())
        )
    Console(width=140).print(table)
    if not asked.no_result:
        command = f"python -m tests.bench.workers --megabytes {asked.megabytes:g} --workers {','.join(map(str, asked.workers))}"
        figures = {"megabytes": asked.megabytes, "power": {"worker": POWER, "driver": DRIVER}, "jobs": rows}
        print(write_result("workers", command, figures))


if __name__ == "__main__":
    main()
