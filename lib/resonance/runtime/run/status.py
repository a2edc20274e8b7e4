"""Gathers what goes on in a workspace from small tables and the log of its runs. Needs no engine, and takes no lock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from resonance.core.gates import find_approval, find_gate
from resonance.core.status import Failure, Round, Started, Status
from resonance.core.table import Catalog
from resonance.core.work import Work, follow_work
from resonance.tables import APPROVALS, QUALITY_GATE, ROUNDS, STEPS, VERDICTS, WORK_ITEMS

ENDED = "its process ended without a word: it was killed, or the machine stopped"
Place = tuple[str, str, int, str]


def gather_status(catalog: Catalog, log: Path, writer: str) -> Status:
    """What goes on, from the catalog, the ``log`` of events, and who writes into the workspace, in words, where somebody does."""
    done = _find_newest(catalog.rows(STEPS))
    open_steps, failures = read_log(log)
    running = max(open_steps, key=lambda started: started.at, default=None) if writer else None
    beside = (running.process, running.host) if running and running.process else None  # it may have steps run side by side
    lost = [one for one in open_steps if one is not running and (one.process, one.host) != beside]
    killed = [Failure(started, started.at, ENDED) for started in lost]
    gates, approvals = catalog.rows(QUALITY_GATE), catalog.rows(APPROVALS)
    newest = (find_gate(gates, gate, dataset) for dataset, gate in sorted({(row["dataset"], row["gate"]) for row in gates}))
    closed = [row for row in newest if row is not None and row["state"] == "failed" and find_approval(approvals, row) is None]
    broken = tuple(sorted([*failures, *killed], key=lambda failure: failure.at))
    work = [one for one in gather_work(catalog) if not one.closed]
    return Status(tuple(_list_rounds(catalog.rows(ROUNDS), done)), done, running, writer, broken, closed, work)


def gather_work(catalog: Catalog) -> list[Work]:
    """The work that verdicts asked for in any round: open, or closed and why."""
    looked = {row["round"] for row in catalog.rows(STEPS) if row["job"] == "attribute"}
    return follow_work(catalog.rows(WORK_ITEMS), catalog.rows(VERDICTS), looked, catalog.rows(APPROVALS))


def read_log(log: Path) -> tuple[list[Started], list[Failure]]:
    """Steps that began and did not end, and failures that no later run of the same step mended, of a log of events.

    Lines that are cut off are passed over: a full disk leaves some.
    """
    begun: dict[Place, Started] = {}
    failed: dict[Place, Failure] = {}
    for line in _read_lines(log):
        started = _read_started(line)
        begun.pop(started.place, None)
        if line["event"] != "failed":
            failed.pop(started.place, None)
            failed.pop(("", "", 0, ""), None)
        if line["event"] == "started":
            begun[started.place] = started
        elif line["event"] == "failed":
            said = (str(line.get("cause", "")), str(line.get("table", "")), tuple(map(str, line.get("fills", ()))))
            failed[started.place] = Failure(started, started.at, *said)
    return list(begun.values()), list(failed.values())


def _read_lines(log: Path) -> Iterator[dict[str, Any]]:
    try:
        file = log.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    with file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and {"event", "at"} <= line.keys() and {"job", "cause"} & line.keys():
                yield line


def _read_started(line: Mapping[str, Any]) -> Started:
    names = {"job": "", "batch": "", "round": 0, "arm": "", "process": 0, "host": "", "command": "", "folder": ""}
    found: dict[str, Any] = {name: line.get(name, other) for name, other in names.items()}
    return Started(at=datetime.fromisoformat(line["at"]), **found)


def _find_newest(steps: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The newest row of each step, in the order in which they ended."""
    rows = sorted(steps, key=lambda row: (row["finished_at"], row["run"]))
    newest = {(row["job"], row["batch"], row["round"], row["arm"]): row for row in rows}
    return sorted(newest.values(), key=lambda row: row["finished_at"])


def _list_rounds(manifests: Iterable[Mapping[str, Any]], done: Iterable[Mapping[str, Any]]) -> Iterator[Round]:
    """Rounds that have a step; round 0, the documents, has no manifest. One that a later run changed is not finished."""
    rows = list(done)
    runs = {f"{row['job']}/{row['round']}/{row['arm']}": row["run"] for row in rows}
    whole = {row["round"]: row for row in manifests if all(runs.get(place) == run for place, run in row["runs"].items())}
    for number in sorted({row["round"] for row in rows}):
        mine = [row["seconds"] for row in rows if row["round"] == number]
        at = whole[number]["finished_at"] if number in whole else None
        yield Round(number, len(mine), sum(mine), at)
