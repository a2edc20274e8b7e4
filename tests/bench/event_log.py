"""What Spark's event log tells of each stage: the table or checkpoint that it worked for, bytes shuffled, its longest task."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

CONF = {"spark.eventLog.enabled": "true", "spark.eventLog.compress": "false", "spark.eventLog.rolling.enabled": "false"}
WRITES = re.compile(r"\) Execute (?:InsertIntoHadoopFsRelation|SaveIntoDataSource)Command\n.*?\nArguments: ([^,\s]+)", re.DOTALL)
"""Where a query writes files, in the plan that Spark describes it by."""
READS = re.compile(r"Location: \w+(?: \[|\(1 paths\)\[)([^,\]]+)")
TABLE = re.compile(r"/tables/([^/]+)/data-")
"""Where a workspace keeps the files of a table."""
LONG_MS = 1_000
"""Stages whose longest task is shorter say nothing about skew."""


@dataclass(frozen=True)
class Stage:
    """One stage that ran; ``step`` is the table or checkpoint that its query writes, or one that it reads."""

    step: str
    tasks: int
    seconds: float
    shuffle_written: int
    shuffle_read: int
    spilled: int
    longest_over_median: float


def conf(folder: Path) -> dict[str, str]:
    """Settings of a Spark session that leaves its log in ``folder``."""
    return {**CONF, "spark.eventLog.dir": folder.as_uri()}


def stages(folder: Path, since: float = 0) -> list[Stage]:
    """The stages of the only log in ``folder`` that shuffled or ran long, in their order; of tasks launched ``since`` then."""
    steps, ended = read_log(folder)
    late = ([task["Task Metrics"] for task in ended[n] if task["Task Info"]["Launch Time"] >= 1000 * since] for n in sorted(ended))
    found = [stage(steps[number], tasks) for number, tasks in zip(sorted(ended), late, strict=True) if tasks]
    return [one for one in found if one.shuffle_written or one.shuffle_read or one.longest_over_median]


def read_log(folder: Path) -> tuple[dict[int, str], dict[int, list[dict[str, Any]]]]:
    """What each stage in the only log in ``folder`` worked for, and the events with which its tasks ended."""
    (log,) = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    steps: dict[str, str] = {}
    query_of: dict[int, str] = {}
    tasks: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in log.open(encoding="utf-8"):
        event = json.loads(line)
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart":
            steps[str(event["executionId"])] = step(event["physicalPlanDescription"])
        elif kind == "SparkListenerJobStart":
            query = (event.get("Properties") or {}).get("spark.sql.execution.id", "")
            query_of |= dict.fromkeys(event["Stage IDs"], query)
        elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            tasks[event["Stage ID"]].append(event)
    return {number: steps.get(query_of.get(number, ""), "") for number in tasks}, tasks


def step(plan: str) -> str:
    """What a query writes, or what it reads where it writes nothing; empty where it does neither."""
    if place := WRITES.search(plan):
        return last(place[1])
    place = READS.search(plan)
    return f"reading {'the Delta log' if place[1].endswith('.json') else last(place[1])}" if place else ""


def last(path: str) -> str:
    """The table that a path lies in, or its last part."""
    table = TABLE.search(path)
    return table[1] if table else path.rstrip("/").rpartition("/")[2]


def stage(name: str, metrics: list[dict[str, Any]]) -> Stage:
    """What its tasks add up to."""
    times = [one["Executor Run Time"] for one in metrics]
    read = (one["Shuffle Read Metrics"] for one in metrics)
    return Stage(
        name,
        len(times),
        round(sum(times) / 1000, 2),
        sum(one["Shuffle Write Metrics"]["Shuffle Bytes Written"] for one in metrics),
        sum(one["Local Bytes Read"] + one["Remote Bytes Read"] for one in read),
        sum(one["Disk Bytes Spilled"] for one in metrics),
        uneven(metrics),
    )


def uneven(metrics: list[dict[str, Any]]) -> float:
    """The longest task over the median of those that read rows; 0 where none is long."""
    busy = [one for one in metrics if one["Shuffle Read Metrics"]["Total Records Read"] + one["Input Metrics"]["Records Read"]]
    times = [one["Executor Run Time"] for one in busy or metrics]
    return round(max(times) / max(median(times), 1), 2) if max(times) >= LONG_MS else 0.0


def by_step(found: list[Stage]) -> list[dict[str, Any]]:
    """Stages of the same step added up, in the order of their first."""
    names = dict.fromkeys(one.step for one in found)
    return [summed(name, [one for one in found if one.step == name]) for name in names]


def summed(name: str, found: list[Stage]) -> dict[str, Any]:
    return {
        "step": name,
        "stages": len(found),
        "task_seconds": round(sum(one.seconds for one in found), 2),
        "shuffle_written": sum(one.shuffle_written for one in found),
        "shuffle_read": sum(one.shuffle_read for one in found),
        "spilled": sum(one.spilled for one in found),
    }
