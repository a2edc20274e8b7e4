"""What `resonance status` prints."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from resonance.core.durations import write_seconds
from resonance.core.gates import explain_gate
from resonance.core.printable import escape_hidden
from resonance.core.status import Failure, Started, Status

OVER_BATCHES = 0
"""The round that steps over documents belong to: they come before any round."""


def describe_status(status: Status, workspace: str) -> Iterator[str | Table]:
    """Rounds, the step that runs, failures with the command that goes on, gates that are not passed, and how much work is open."""
    yield _list_rounds(status) if status.rounds else "no step is done yet"
    yield _describe_running(status)
    for failure in status.failures:
        yield from map(escape_hidden, _describe_failure(failure, workspace))
    for row in status.closed:
        yield from map(escape_hidden, explain_gate(row).splitlines())
    if not status.failures and not status.closed:
        yield "nothing broke off, and no gate is closed"
    if status.work:
        kinds = Counter(work.row["kind"] for work in status.work)
        told = ", ".join(f"{many} of {kind}" for kind, many in sorted(kinds.items()))
        yield f"open work on weak slices: {told}; `resonance verdicts` lists it"


def _list_rounds(status: Status) -> Table:
    table = Table("round", "steps done", "they took", "finished", "last step")
    for row in status.rounds:
        last = [done for done in status.done if done["round"] == row.number][-1]
        documents = row.number == OVER_BATCHES
        finished = "" if documents else write_time(row.finished_at) if row.finished_at else "no"
        name = "documents" if documents else str(row.number)
        table.add_row(name, f"{row.steps:,}", write_seconds(row.seconds), finished, escape(_name_done(last)))
    return table


def _describe_running(status: Status) -> str:
    if not status.writer:
        return "nothing runs"
    if status.running is None:
        return f"running: {status.writer}"
    since = write_seconds(max((datetime.now(UTC) - status.running.at).total_seconds(), 0))
    return f"running: {name_started(status.running)}, for {since}; {status.writer}"


def _describe_failure(failure: Failure, workspace: str) -> Iterator[str]:
    started = failure.started
    yield f"failed: {name_started(started)}, {write_time(failure.at)}"
    if failure.table:
        yield f"  table    {failure.table}"
    elif failure.fills:
        yield f"  tables   {', '.join(failure.fills)}: none was being written"
    yield f"  cause    {failure.cause}"
    if not started.command:
        yield f"  to go on make the same call again, on workspace {workspace}"
    elif started.folder in ("", os.getcwd()):
        yield f"  to go on {started.command}"
    else:
        yield f"  to go on {started.command}  (in {started.folder})"


def name_started(started: Started) -> str:
    """A step by job, round and arm, as runs name it, and its batch where that has a name of its own."""
    if not started.job:
        return "a run, between two steps"
    turn = f" {started.round} {started.arm}" if started.round else ""
    return f"{started.job}{turn}" + (f" of batch {started.batch}" if started.batch not in ("", "main") else "")


def write_time(at: datetime) -> str:
    """``2026-11-29 18:30 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _name_done(row: Mapping[str, Any]) -> str:
    return name_started(Started(row["job"], row["batch"], row["round"], row["arm"], row["finished_at"]))
