"""Tables hold the same rows whatever engine makes them, and in however many partitions.

python -m tests.bench.partitions [--megabytes 508] [--partitions 1,2,8] [--engines embedded,spark] [--no-result]

`resonance curate` with its defaults on documents of which some are copies, once for each engine and number of partitions, each
into a workspace of its own that is deleted again. The pass line: `resonance tables --hash` gives every table one hash.
Spark runs on as many threads as it has partitions; the embedded engine on the cores that there are.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from rich.console import Console

from tests.bench.corpus import sized_corpus
from tests.bench.places import cache, write_result
from tests.bench.sizes import Copies
from tests.bench.speed_engines import RESONANCE
from tests.bench.speed_process import run

PARTITIONS = "SAIL_EXECUTION__DEFAULT_PARALLELISM"
"""What the embedded engine reads its number of partitions from; the number of cores where it is not set."""
VOLATILE = ("steps",)
"""Tables that say when something ran, and how long."""
ROW = re.compile(r"^\W+(\w+)\W+\d+\W+([\d,]+)\W+([0-9a-f]{16})\W+$", re.MULTILINE)
out = Console()


def measure(engine: str, partitions: int, megabytes: float) -> dict[str, Any]:
    """One run: its seconds, and the hash and rows of each table that it leaves."""
    home = cache("partitions") / f"{engine}-{partitions}"
    shutil.rmtree(home, ignore_errors=True)
    corpus = sized_corpus(megabytes, True, copies=Copies())
    place: tuple[object, ...] = ("--workspace", home, "--set", f"spark.engine={engine}")
    if engine == "spark":
        place += ("--set", f"spark.master=local[{partitions}]", "--set", f"spark.shuffle_partitions={partitions}")
    logs = cache("partitions", "logs")
    try:
        with patch.dict(os.environ, {PARTITIONS: str(partitions)}):
            used = run((RESONANCE, "curate", corpus, *place), logs / f"{home.name}.txt")
            hashed = logs / f"{home.name}-tables.txt"
            run((RESONANCE, "tables", "--hash", "--workspace", home), hashed)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    found = {name: (rows, code) for name, rows, code in ROW.findall(hashed.read_text(encoding="utf-8")) if name not in VOLATILE}
    return {
        "engine": engine,
        "partitions": partitions,
        "seconds": used.seconds,
        "hashes": {name: code for name, (_, code) in found.items()},
        "rows": {name: int(rows.replace(",", "")) for name, (rows, _) in found.items()},
    }


def find_different(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tables that have not one hash in all runs."""
    names = sorted({name for run in runs for name in run["hashes"]})
    return [name for name in names if len({run["hashes"].get(name) for run in runs}) > 1]


def every(engines: Sequence[str], partitions: Sequence[int], megabytes: float) -> Iterator[dict[str, Any]]:
    """All runs, with a line on each."""
    for engine in engines:
        for many in partitions:
            found = measure(engine, many, megabytes)
            out.print(f"{engine}, {many} partitions: {found['seconds']:,.1f} s, {found['hashes']}", highlight=False)
            yield found


def sum_up(megabytes: float, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a result file says: the tables that differ, rows and hashes of the first run, and every run with its hashes."""
    first = {"rows": runs[0]["rows"], "hashes": runs[0]["hashes"]}
    shown = [{name: run[name] for name in ("engine", "partitions", "seconds", "hashes")} for run in runs]
    return {"megabytes": megabytes, "different": find_different(runs), **first, "runs": shown}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=508.0)
    parser.add_argument("--partitions", type=lambda given: [int(many) for many in given.split(",")], default=[1, 2, 8])
    parser.add_argument("--engines", type=lambda given: given.split(","), default=["embedded", "spark"])
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    runs = list(every(asked.engines, asked.partitions, asked.megabytes))
    different = find_different(runs)
    out.print(f"tables that differ: {', '.join(different) or 'none'}")
    if not asked.no_result:
        command = f"python -m tests.bench.partitions --megabytes {asked.megabytes:g}"
        out.print(f"result: {write_result('partitions', command, sum_up(asked.megabytes, runs))}", soft_wrap=True)


if __name__ == "__main__":
    main()
