"""What the commands of the speed benches share: their options, one line on each run, the result file."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from tests.bench.environments import versions_of
from tests.bench.places import cores, write_result
from tests.bench.speed_engines import Run

BOTH, LARGE = (64.0, 508.0), (1000.0, 2000.0, 4000.0)
"""Megabytes for all engines, and further ones for ours alone."""
TINY = 0.2
"""Megabytes of a run that is all start and no text."""
out = Console()


def say(run: Run) -> Run:
    """One line on a run that ended."""
    out.print(
        f"{run.engine} {run.megabytes:g} MB: {run.seconds:,.1f} s, {run.cpu_seconds:,.1f} CPU s, {run.peak_gb:.2f} GB",
        highlight=False,
    )
    return run


def sizes_of(given: str) -> list[float]:
    """Megabytes between commas."""
    return sorted(float(size) for size in given.split(","))


def options(about: str | None, parts: Sequence[str]) -> argparse.ArgumentParser:
    """The options that every speed bench has."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=sizes_of, help="megabytes; by default 64,508 and for ours 1000,2000,4000 too")
    parser.add_argument("--only", type=lambda given: given.split(","), default=list(parts), help=f"parts of it: {','.join(parts)}")
    parser.add_argument("--cores", type=int, default=min(2, cores()), help="cores for every engine")
    parser.add_argument("--mixed", action="store_true", help="documents of all languages, not English alone")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    return parser


def started(parser: argparse.ArgumentParser, parts: Sequence[str]) -> argparse.Namespace:
    """What was asked for, checked; the process is held to the cores that were asked for."""
    found = parser.parse_args()
    if unknown := set(found.only) - set(parts):
        parser.error(f"unknown parts {', '.join(sorted(unknown))}: choose from {','.join(parts)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: found.cores])
    return found


def finish(name: str, module: str, asked: argparse.Namespace, peers: Sequence[str], figures: Mapping[str, Any]) -> None:
    """Writes the result file of a bench, with the versions of the peers that ran, unless none was asked for."""
    if asked.no_result:
        return
    versions = {engine: versions_of(engine) for engine in peers if engine in asked.only}
    path = write_result(name, " ".join([f"python -m {module}", *sys.argv[1:]]), {"versions": versions, **figures})
    out.print(f"result: {path}", soft_wrap=True)
