"""What the runs of the dedup bench add up to, beside their goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from tests.bench.dedup_engines import BATCH, DEFAULT, DELTA, OURS, PEERS, Synthetic
from tests.bench.speed_command import BOTH, TINY
from tests.bench.speed_engines import Run
from tests.bench.speed_report import Goals, against, growth, met, of, slope, slopes, tables

GOALS: Goals = {
    "juicer, whole process over ours from Delta": ("≥", 4.0, "×"),
    "juicer minhash, whole process": ("≥", 4.0, "×"),
    "datatrove minhash, whole process": ("≥", 12.0, "×"),
    "slope": ("≥", 25.0, "MB/s"),
    "CPU seconds": ("≤", 60.0, "s"),
    "CPU seconds by default": ("≤", 120.0, "s"),
    "datatrove's rules and minhash, whole process over ours by default": ("≥", 20.0, "×"),
    "growth": ("≤", 2.2, "×"),
    "growth of made signatures": ("≤", 4.5, "×"),
    "memory": ("≤", 8.0, "GB"),
    "bucket, longest task over median": ("≤", 4.0, "×"),
    "bucket, growth": ("≤", 4.5, "×"),
    "pairs, longest task over median": ("≤", 4.0, "×"),
    "pairs, growth": ("≤", 4.5, "×"),
    "batch of 1 %": ("≤", 0.1, "of the full run"),
}
"""On two cores; CPU seconds at ``PEER_SIZE``.

Four times the documents may take 4.5 times as long, of a bucket too: that is what linear is held to."""


PEER_SIZE = max(BOTH)


def derived(runs: Sequence[Run], made: Sequence[Synthetic]) -> dict[str, float]:
    """All derived numbers; those for which a run is missing are left out."""
    ours, delta = of(runs, OURS), of(runs, DELTA)
    text = [run for run in ours if run.megabytes > TINY]
    found: dict[str, float] = {}
    if len(text) < len(ours):
        found["session start"] = ours[0].seconds
    if speed := slope(text) or slope(ours):
        found["slope"] = round(speed, 1)
        for name in ("datatrove", "juicer"):
            found |= against(PEERS[name], of(runs, PEERS[name]), text, speed)
    found |= by_default(runs, text)
    found |= from_delta(delta, of(runs, PEERS["juicer"])) | growth(text) | of_batch(runs, ours)
    found |= of_made(made)
    if text or made:
        found["memory"] = max([run.peak_gb for run in text] + [one.peak_gb for one in made])
    return found


def from_delta(delta: Sequence[Run], juicer: Sequence[Run]) -> dict[str, float]:
    """Seconds beyond the start from tables to tables at the largest size, and how many times longer Data-Juicer takes in all."""
    if len(delta) < 2 or delta[0].megabytes > TINY:
        return {}
    taken = delta[-1].seconds - delta[0].seconds
    found = {"from Delta, beyond the start": round(taken, 1)}
    theirs = [run.seconds for run in juicer if run.megabytes == delta[-1].megabytes]
    return {**found, "juicer, whole process over ours from Delta": round(theirs[0] / taken, 1)} if theirs and taken > 0 else found


def by_default(runs: Sequence[Run], ours: Sequence[Run]) -> dict[str, float]:
    """CPU seconds at the size that peers run at, and what datatrove takes for the same work."""
    default, rules, pairs = of(runs, DEFAULT), of(runs, "datatrove"), of(runs, PEERS["datatrove"])
    found: dict[str, float] = {}
    for name, some in (("CPU seconds", ours), ("CPU seconds by default", default)):
        same = [run.cpu_seconds for run in some if run.megabytes == PEER_SIZE]
        if same:
            found[name] = same[0]
    if default and rules and pairs:
        (own,) = (run.seconds for run in default if run.megabytes == pairs[-1].megabytes)
        together = rules[-1].seconds + pairs[-1].seconds
        found["datatrove's rules and minhash, whole process over ours by default"] = round(together / own, 1)
    return found


def of_batch(runs: Sequence[Run], ours: Sequence[Run]) -> dict[str, float]:
    """The time of a second batch as a share of the first's, both beyond the start."""
    second = of(runs, BATCH)
    if not second or not ours or ours[0].megabytes > TINY or ours[-1].seconds <= ours[0].seconds:
        return {}
    start = ours[0].seconds
    return {"batch of 1 %": round((second[-1].seconds - start) / (ours[-1].seconds - start), 3)}


def of_made(made: Sequence[Synthetic]) -> dict[str, float]:
    """Growth over the last fourfold of each kind, and the longest task."""
    found: dict[str, float] = {}
    for kind in dict.fromkeys(one.kind for one in made):
        some = sorted((one for one in made if one.kind == kind), key=lambda one: one.documents)
        if len(some) > 1:
            name = "growth of made signatures" if kind == "shared" else f"{kind}, growth"
            found[name] = round(some[-1].seconds / some[-2].seconds, 2)
        if kind != "shared":
            found[f"{kind}, longest task over median"] = some[-1].longest_over_median
    return found


def figures(runs: Sequence[Run], made: Sequence[Synthetic], cores: int) -> dict[str, Any]:
    """The derived numbers, each with its goal, and slopes between neighbouring sizes."""
    numbers = derived(runs, made)
    goals = [
        {"what": name, "found": value, "goal": " ".join(map(str, GOALS[name])), "met": met(value, GOALS[name])}
        for name, value in numbers.items()
        if name in GOALS
    ]
    return {"derived": numbers, "goals": goals, "slopes_mb_per_s_core": slopes(runs, cores, [OURS, DELTA, *PEERS.values()])}


def shown(runs: Sequence[Run], made: Sequence[Synthetic], found: Mapping[str, Any], cores: int) -> Iterator[Table]:
    """Tables for a terminal: runs, made signatures, bytes shuffled, survivors, goals."""
    if made:
        rows = Table("made signatures", "documents", "s", "GB", "longest task / median", title="beyond the start")
        for one in made:
            cells = (f"{one.documents:,}", f"{one.seconds:,.1f}", f"{one.peak_gb:.2f}", f"{one.longest_over_median:g}")
            rows.add_row(one.kind, *cells)
        yield rows
    if shuffled := found.get("shuffled"):
        columns = ("step", "stages", "task seconds", "written, MB", "read, MB", "spilled, MB")
        rows = Table(*columns, title="shuffled by dedupe from Delta")
        for row in shuffled["steps"]:
            sizes = (f"{row[name] / 1e6:,.2f}" for name in ("shuffle_written", "shuffle_read", "spilled"))
            rows.add_row(row["step"] or "other", str(row["stages"]), f"{row['task_seconds']:,.1f}", *sizes)
        yield rows
    if kept := found.get("survivors"):
        rows = Table("survivors of connected clusters", "documents")
        for name, many in kept.items():
            rows.add_row(name, f"{many:,}")
        yield rows
    yield from tables(runs, found["derived"], GOALS, cores, "whole processes; ratios, slopes and goals")
