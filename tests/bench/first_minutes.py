"""How long the first commands of a new user take, as whole processes: twenty rows curated, and what reads a workspace.

python -m tests.bench.first_minutes [--runs 5] [--only curate,read,spark] [--no-result]

Kernels are compiled before, as set-up does. Every figure is the median of the runs, with CPU seconds and the most memory.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from resonance.testing import tiny_corpus
from tests.bench.places import cache, write_result
from tests.bench.speed_engines import RESONANCE
from tests.bench.speed_process import Usage, run

PARTS = ("curate", "read", "spark")
GOALS = {
    "curate, 20 rows": {"seconds": 5.0, "cpu_seconds": 8.0},
    "curate, 20 rows, Spark": {"seconds": 25.0},
    "--help": {"seconds": 0.5},
    **dict.fromkeys(("tables", "why", "explain", "doctor"), {"seconds": 1.5}),
    "report": {},
    "judge": {},
}
UP_TO_A_PLAN = ("ingest", "judge", "dedupe", "decontaminate", "hold_out", "decide")


def twenty_rows(home: Path) -> Path:
    """A file of fifteen texts, three copies, one empty and one short text."""
    path = home / "twenty.jsonl"
    rows = [*tiny_corpus(15, 3), {"id": "x", "text": "", "source": "s"}, {"id": "y", "text": "short", "source": "s"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def commands(home: Path, parts: list[str]) -> Iterator[tuple[str, tuple[object, ...], Path | None]]:
    """Name and command of each figure, and the workspace that is deleted before each of its runs."""
    rows, fresh, stands = twenty_rows(home), home / "fresh", home / "stands"
    if "curate" in parts:
        yield "curate, 20 rows", (RESONANCE, "curate", rows, "--workspace", fresh), fresh
    if "spark" in parts:
        yield "curate, 20 rows, Spark", (RESONANCE, "curate", rows, "--workspace", fresh, "--engine", "spark"), fresh
    if "read" in parts:
        made = ("--set", f"ingest.inputs=[{rows}]", "--set", "ingest.keep_raw=false", "--set", "rebalance.heldout_share=0.3")
        shutil.rmtree(stands, ignore_errors=True)
        run((RESONANCE, "run", *UP_TO_A_PLAN, "--workspace", stands, *made), home / "log.txt")
        yield "--help", (RESONANCE, "--help"), None
        yield "tables", (RESONANCE, "tables", "--workspace", stands), None
        yield "why", (RESONANCE, "why", "row-1", "--workspace", stands), None
        yield "explain", (RESONANCE, "explain", "--workspace", stands), None
        yield "doctor", (RESONANCE, "doctor"), None
        yield "judge", (RESONANCE, "judge", "--policy", "fineweb", "--workspace", stands), None
        yield "report", (RESONANCE, "report", "--workspace", stands), None


def figures(home: Path, parts: list[str], runs: int) -> dict[str, dict[str, Any]]:
    """Medians and ranges by name, with their goals."""
    found = {}
    for name, command, workspace in commands(home, parts):
        usages: list[Usage] = []
        for _ in range(runs + 1):  # the first one warms the caches of the disk
            if workspace is not None:
                shutil.rmtree(workspace, ignore_errors=True)
            usages.append(run(command, home / "log.txt"))
        kept = usages[1:]
        found[name] = {
            "seconds": median(one.seconds for one in kept),
            "range": [min(one.seconds for one in kept), max(one.seconds for one in kept)],
            "cpu_seconds": median(one.cpu_seconds for one in kept),
            "goals": GOALS[name],
            "met": all(median(getattr(one, what) for one in kept) <= goal for what, goal in GOALS[name].items()),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", type=lambda given: given.split(","), default=list(PARTS), help=f"parts of it: {','.join(PARTS)}")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    found = figures(cache("first-minutes"), asked.only, asked.runs)
    table = Table("command", "seconds", "from … to", "CPU seconds", "goal", "met")
    for name, one in found.items():
        goal = ", ".join(f"{what} ≤ {value:g}" for what, value in one["goals"].items())
        reach = f"{one['range'][0]:.2f} … {one['range'][1]:.2f}"
        table.add_row(
            name,
            f"{one['seconds']:.2f}",
            reach,
            f"{one['cpu_seconds']:.1f}",
            goal,
            "" if not goal else "yes" if one["met"] else "no",
        )
    Console().print(table)
    if not asked.no_result:
        command = f"python -m tests.bench.first_minutes --runs {asked.runs} --only {','.join(asked.only)}"
        print(write_result("first-minutes", command, {"figures": found}))


if __name__ == "__main__":
    main()
