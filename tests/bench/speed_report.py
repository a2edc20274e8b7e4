"""What the runs of a speed bench add up to: speeds beyond the start, ratios to peers, growth, core-hours, goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.table import Table

from tests.bench.speed_engines import EVERY, OURS, Run

BYTES_PER_TOKEN = 4.5
TRILLION = 1e12
ENGINES = (OURS, EVERY, "datatrove", "juicer")
TITLE = f"beyond the start; core-hours are for 10¹² tokens of {BYTES_PER_TOKEN} bytes"

Goals = Mapping[str, tuple[str, float, str]]
"""A sign, a number and its unit for what has a goal."""

GOALS: Goals = {
    "kernels datatrove": ("≥", 25.0, "MB/s per core"),
    "kernels all profiles": ("≥", 6.0, "MB/s per core"),
    "slope": ("≥", 12.5, "MB/s per core"),
    "slope every profile": ("≥", 5.0, "MB/s per core"),
    "datatrove, whole process": ("≥", 20.0, "×"),
    "datatrove, slope": ("≥", 30.0, "×"),
    "memory": ("≤", 6.0, "GB"),
    "growth": ("≤", 2.2, "×"),
    "judge": ("≤", 5.0, "s"),
    "core-hours datatrove": ("≤", 100.0, "h"),
}
"""On two cores: policy fineweb, memory and judge at the largest size."""


def of(runs: Sequence[Run], engine: str) -> list[Run]:
    """The runs of one engine, small ones first."""
    return sorted((run for run in runs if run.engine == engine), key=lambda run: run.megabytes)


def figures(runs: Sequence[Run], cores: int, kernels: Mapping[str, float]) -> dict[str, Any]:
    """All derived numbers; those for which a run is missing are left out."""
    found: dict[str, float] = {f"kernels {name}": speed for name, speed in kernels.items()}
    ours = of(runs, OURS)
    text = ours[1:]
    if text:
        found["session start"] = ours[0].seconds
        found["memory"] = text[-1].peak_gb
    if speed := slope(text) or slope(ours):
        found["slope"] = round(speed / cores, 1)
        for engine in ENGINES[2:]:
            found |= against(engine, of(runs, engine), text, speed)
    if speed := slope(of(runs, EVERY)):
        found["slope every profile"] = round(speed / cores, 1)
    found |= growth(text)
    if judged := of(runs, "judge"):
        found["judge"] = round(judged[-1].seconds, 1)
    hours = {f"core-hours {name}": core_hours(speed) for name, speed in kernels.items()}
    if "slope" in found:
        hours["core-hours whole"] = core_hours(found["slope"])
    return {"derived": {**found, **hours}, "bytes_per_token": BYTES_PER_TOKEN, "slopes_mb_per_s_core": slopes(runs, cores, ENGINES)}


def slope(runs: Sequence[Run]) -> float:
    """MB per second between the smallest and the largest run; 0 where that is not known."""
    if len(runs) < 2 or runs[-1].seconds <= runs[0].seconds:
        return 0.0
    return (runs[-1].megabytes - runs[0].megabytes) / (runs[-1].seconds - runs[0].seconds)


def growth(runs: Sequence[Run]) -> dict[str, float]:
    """How many times longer the step to the largest size takes than the one before, where sizes double; else nothing."""
    sizes = [run.megabytes for run in runs[-3:]]
    if len(sizes) < 3 or sizes[2] != 2 * sizes[1] or sizes[1] != 2 * sizes[0] or runs[-2].seconds <= runs[-3].seconds:
        return {}
    return {"growth": round((runs[-1].seconds - runs[-2].seconds) / (runs[-2].seconds - runs[-3].seconds), 2)}


def slopes(runs: Sequence[Run], cores: int, engines: Sequence[str]) -> dict[str, float]:
    """MB per second and core between neighbouring sizes of each engine."""
    return {
        f"{engine} {low.megabytes:g} to {high.megabytes:g} MB": round(slope([low, high]) / cores, 2)
        for engine in engines
        for low, high in pairwise(of(runs, engine))
    }


def against(engine: str, theirs: Sequence[Run], ours: Sequence[Run], speed: float) -> dict[str, float]:
    """How many times faster we are at the largest size of both: whole processes, and by slope."""
    same = {run.megabytes: run for run in ours}
    shared = [run for run in theirs if run.megabytes in same]
    if not shared:
        return {}
    largest = shared[-1]
    theirs_speed = slope(theirs) or largest.megabytes / largest.seconds
    return {
        f"{engine}, whole process": round(largest.seconds / same[largest.megabytes].seconds, 1),
        f"{engine}, slope": round(speed / theirs_speed, 1),
    }


def core_hours(speed: float) -> float:
    """Core-hours for a trillion tokens at so many MB per second and core."""
    return round(TRILLION * BYTES_PER_TOKEN / (speed * 1e6) / 3600, 1)


def met(value: float, goal: tuple[str, float, str]) -> bool:
    """Whether a number reaches its goal."""
    sign, limit, _ = goal
    return value >= limit if sign == "≥" else value <= limit


def tables(runs: Sequence[Run], derived: Mapping[str, float], goals: Goals, cores: int, title: str) -> Iterator[Table]:
    """The runs side by side, then what they add up to with its goals."""
    sizes = sorted({run.megabytes for run in runs})
    engines = list(dict.fromkeys(run.engine for run in runs))
    side = Table("MB", *(f"{engine}, s" for engine in engines), *(f"{engine}, GB" for engine in engines), title=f"{cores} cores")
    for size in sizes:
        cells = {run.engine: run for run in runs if run.megabytes == size}
        seconds = (f"{cells[engine].seconds:,.1f}" if engine in cells else "" for engine in engines)
        memory = (f"{cells[engine].peak_gb:.2f}" if engine in cells else "" for engine in engines)
        side.add_row(f"{size:g}", *seconds, *memory)
    if runs:
        yield side
    sums = Table("what", "found", "goal", "met", title=title)
    for name, value in derived.items():
        goal = goals.get(name)
        asked, reached = (f"{goal[0]} {goal[1]:g} {goal[2]}", met(value, goal)) if goal else ("", True)
        sums.add_row(name, f"{value:,}", asked, ("yes" if reached else "no") if goal else "", style="" if reached else "red")
    yield sums
