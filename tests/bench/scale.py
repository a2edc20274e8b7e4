"""What curation and planning cost on Spark, step by step, at several sizes; how that grows; and what 1, 10 and 100 TB would take.

python -m tests.bench.scale [--sizes 64,127,254,508,1000,2000] [--no-result]

Each size is one run of the data half, `resonance run ingest … rebalance`, on made English documents of which 5 % are exact copies
and 10 % near ones, by Spark in one process of two cores. Its event log tells for each step the bytes that were read, shuffled,
written and spilled; core-seconds are processor time, that of Spark's Python by samples, so that they hold on a machine that others
use. A power of the size is fitted to what a step costs beyond the start (a run on next to no text); where the costs do not tell its
exponent to .5, growth is taken for linear from the largest size, and marked so. Where it is carried to, nobody has been: intervals
are those of the fit, and say nothing of what changes its kind on the way.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.places import write_result
from tests.bench.scale_fit import FEWEST, Power, extrapolate, fit_all, list_series
from tests.bench.scale_run import MEASURES, measure
from tests.bench.speed_command import TINY, sizes_of

SIZES = (64.0, 127.0, 254.0, 508.0, 1000.0, 2000.0)
TERABYTES = (1, 10, 100)
HOURS = 8
"""A night, within which the cluster is to end."""
MACHINE = {"cores": 16, "memory_gb": 64, "disk_bytes": 2e12, "network_bytes_per_s": 1.25e9}
"""What the cluster is made of; 10 Gbit/s."""
BUSY = 0.7
"""The share of a cluster's time in which its cores compute: tasks start, wait for others and are done again."""
out = Console(width=140)


def size_cluster(costs: Mapping[str, Mapping[str, float]], end: str = "cost") -> dict[str, float]:
    """How many machines end within the hours, by their cores, network and disks; ``machines`` is the most of these."""
    seconds = 3600 * HOURS
    moved = sum(costs[name].get(end, 0.0) for name in ("read", "shuffled", "written"))
    kept = sum(costs[name].get(end, 0.0) for name in ("shuffled", "spilled"))
    found = {
        "cores": math.ceil(costs["core_seconds"].get(end, 0.0) / (MACHINE["cores"] * BUSY * seconds)),
        "network": math.ceil(moved / (MACHINE["network_bytes_per_s"] * BUSY * seconds)),
        "disks": math.ceil(kept / (MACHINE["disk_bytes"] * BUSY)),
    }
    return {**found, "machines": max(found.values())}


def show_growth(runs: Sequence[Mapping[str, Any]], powers: Mapping[str, Mapping[tuple[str, str], Power]]) -> None:
    """A row for each step: what it costs beyond the start at the largest size, and the exponents of its growth."""
    table = Table("job", "step", "core-s", "exponent", "read MB", "shuffled MB", "exponent", "written MB", "spilled MB")
    series = {name: list_series(runs, name) for name in MEASURES}
    for name in powers["core_seconds"]:
        last = {measure: series[measure].get(name, [0.0])[-1] for measure in MEASURES}
        bytes_of = {measure: f"{cost / 1e6:,.0f}" for measure, cost in last.items()}
        grown = [say_power(powers[measure].get(name)) for measure in ("core_seconds", "shuffled")]
        first = (*name, f"{last['core_seconds']:,.1f}", grown[0], bytes_of["read"], bytes_of["shuffled"], grown[1])
        table.add_row(*first, bytes_of["written"], bytes_of["spilled"])
    out.print(table)


def say_power(power: Power | None) -> str:
    """An exponent with its interval."""
    if power is None:
        return "–"
    return "1, assumed" if power.assumed else f"{power.exponent:.2f} ± {power.off:.2f}"


def show_clusters(found: Sequence[Mapping[str, Any]]) -> None:
    """A row for each size: what it costs, and how many machines it takes."""
    table = Table(
        "TB", "core-hours (95 %)", "TB read", "shuffled", "written", "spilled", f"machines for {HOURS} h (95 %)", "driver, h"
    )
    for one in found:
        costs, machines = one["costs"], one["machines"]
        hours = [costs["core_seconds"][end] / 3600 for end in ("cost", "least", "most")]
        moved = [f"{costs[name].get('cost', 0) / 1e12:,.2f}" for name in MEASURES[1:]]
        many = [machines[end]["machines"] for end in ("cost", "least", "most")]
        driver = costs.get("driver_seconds", {}).get("cost", 0) / 3600
        table.add_row(
            str(one["terabytes"]),
            f"{hours[0]:,.0f} ({hours[1]:,.0f} to {hours[2]:,.0f})",
            *moved,
            f"{many[0]:,} ({many[1]:,} to {many[2]:,})",
            f"{driver:,.1f}",
        )
    out.print(table)


def carry_on(powers: Mapping[str, Mapping[tuple[str, str], Power]]) -> list[dict[str, Any]]:
    """Costs and clusters of what is larger than anything that was measured."""
    found = []
    for terabytes in TERABYTES:
        costs = extrapolate(powers, terabytes * 1e12)
        machines = {end: size_cluster(costs, end) for end in ("cost", "least", "most")}
        found.append({"terabytes": terabytes, "costs": costs, "machines": machines})
    return found


def sum_up(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a result file says, after a table of it."""
    powers = fit_all(runs)
    larger = carry_on(powers)
    show_growth(runs, powers)
    show_clusters(larger)
    fitted = {
        measure: [{"job": job, "step": step, **vars(power)} for (job, step), power in steps.items()]
        for measure, steps in powers.items()
    }
    assumed = {"hours": HOURS, "busy": BUSY, "machine": MACHINE}
    return {"runs": list(runs), "fitted": fitted, "assumed": assumed, "larger": larger}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=sizes_of, default=[*SIZES], help="megabytes between commas, three at least")
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    if len(asked.sizes) < FEWEST:
        parser.error("a fit needs three sizes")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    runs: list[dict[str, Any]] = []
    try:
        for megabytes in (TINY, *asked.sizes):
            runs.append(measure(megabytes))
            out.print(f"{megabytes:g} MB: {runs[-1]['seconds']:,.0f} s, {runs[-1]['cpu_seconds']:,.0f} CPU s", highlight=False)
    finally:  # of a run that was cut off, what is there
        if len(runs) > FEWEST:
            figures = sum_up(runs)
            if not asked.no_result:
                given = " ".join(["python -m tests.bench.scale", *sys.argv[1:]])
                out.print(f"result: {write_result('scale', given, figures)}", soft_wrap=True)


if __name__ == "__main__":
    main()
