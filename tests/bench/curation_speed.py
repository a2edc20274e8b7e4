"""How fast curation is: ours, datatrove and Data-Juicer on the same machine, kernels alone, verdicts of another policy.

python -m tests.bench.curation_speed [--sizes 64,508] [--only ours,every,datatrove,juicer,kernels,judge] [--cores 2]

Whole processes are timed, JVM start included; memory is the largest sum of PSS over all processes of a run. Megabytes are 10⁶
bytes of JSON lines, for kernels of UTF-8 text. ``ours`` is `resonance run ingest judge`, what the peers do; ``every`` is
`resonance curate` with all profiles measured. ``judge`` alone needs the workspaces of an earlier run of ``ours``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench import speed_engines, speed_report
from tests.bench.corpus import sized_corpus
from tests.bench.environments import versions_of
from tests.bench.places import cores, write_result
from tests.bench.speed_engines import Run
from tests.bench.speed_kernels import kernels

PARTS = ("ours", "every", "datatrove", "juicer", "kernels", "judge")
PEERS = ("datatrove", "juicer")
BOTH, LARGE = (64.0, 508.0), (1000.0, 2000.0, 4000.0)
TINY = 0.2
"""Megabytes of a run that is all start and no text."""

KERNEL_MEGABYTES = 64.0
out = Console()


def say(run: Run) -> Run:
    """One line on a run that ended."""
    out.print(f"{run.engine} {run.megabytes:g} MB: {run.seconds:,.1f} s, {run.peak_gb:.2f} GB", highlight=False)
    return run


def runs(parts: Sequence[str], sizes: Sequence[float], peer_sizes: Sequence[float], use: int, english: bool) -> Iterable[Run]:
    """Every run of whole processes that is asked for; the first of ours warms the caches and is not counted."""
    if "ours" in parts:
        tiny = sized_corpus(TINY, english)
        out.print("ours: once for the caches, then the start alone", highlight=False)
        speed_engines.ours(TINY, tiny, use)
        yield say(speed_engines.ours(TINY, tiny, use))
    for size in sorted({*sizes, *peer_sizes}):
        corpus = sized_corpus(size, english)
        if "ours" in parts and size in sizes:
            yield say(speed_engines.ours(size, corpus, use))
        if "every" in parts and size in peer_sizes:
            yield say(speed_engines.ours(size, corpus, use, speed_engines.EVERY))
        for engine in PEERS:
            if engine in parts and size in peer_sizes:
                yield say(speed_engines.peer(engine, size, corpus, use))


def sizes_of(given: str) -> list[float]:
    """Megabytes between commas."""
    return sorted(float(size) for size in given.split(","))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=sizes_of, help="megabytes; by default 64,508 and for ours 1000,2000,4000 too")
    parser.add_argument("--only", type=lambda given: given.split(","), default=list(PARTS), help=f"parts of it: {','.join(PARTS)}")
    parser.add_argument("--cores", type=int, default=min(2, cores()), help="cores for every engine")
    parser.add_argument("--mixed", action="store_true", help="documents of all languages, not English alone")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    found = parser.parse_args()
    if unknown := set(found.only) - set(PARTS):
        parser.error(f"unknown parts {', '.join(sorted(unknown))}: choose from {','.join(PARTS)}")
    return found


def main() -> None:
    asked = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    english = not asked.mixed
    own, theirs = asked.sizes or [*BOTH, *LARGE], asked.sizes or list(BOTH)
    figures: dict[str, Any] = {"cores": asked.cores, "text": "English" if english else "all languages"}
    if "kernels" in asked.only:
        figures["kernels_mb_per_s_core"] = measure_kernels(min(KERNEL_MEGABYTES, max(own)), english)
    done = list(runs(asked.only, own, theirs, asked.cores, english))
    if {"ours", "datatrove"} <= set(asked.only):
        figures["kept"] = speed_engines.agreement(min(own), sized_corpus(min(own), english), asked.cores)
        out.print(f"kept at {min(own):g} MB: {figures['kept']}", highlight=False)
    if "judge" in asked.only:
        done += [say(speed_engines.judge(size, asked.cores)) for size in (TINY, max(own))]
    kernel_speeds = figures.get("kernels_mb_per_s_core", {})
    figures |= {"runs": [asdict(run) for run in done], **speed_report.figures(done, asked.cores, kernel_speeds)}
    for table in speed_report.tables(done, figures, asked.cores):
        out.print(table)
    if not asked.no_result:
        versions = {engine: versions_of(engine) for engine in PEERS if engine in asked.only}
        out.print(f"result: {written(asked, {'versions': versions, **figures})}", soft_wrap=True)


def measure_kernels(megabytes: float, english: bool) -> dict[str, float]:
    """The kernels alone, with a line on each."""
    found = kernels(sized_corpus(megabytes, english), megabytes)
    for name, speed in found.items():
        out.print(f"kernels, {name}: {speed} MB/s per core", highlight=False)
    return found


def written(asked: argparse.Namespace, figures: dict[str, Any]) -> Path:
    """The result file."""
    return write_result("curation-speed", " ".join(["python -m tests.bench.curation_speed", *sys.argv[1:]]), figures)


if __name__ == "__main__":
    main()
