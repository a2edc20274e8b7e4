"""What a run tells: JSON lines with fields for machines, one summary line a job and a progress bar for people."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from resonance.core.advice import ADVICE, NOTHING_HELD_OUT
from resonance.core.durations import write_seconds
from resonance.core.files import add_line
from resonance.core.job import Step

if TYPE_CHECKING:
    from resonance.runtime.run.accounting import Outcome


class Own(threading.local):
    """The step that a thread is at, and the table that it could not write: steps may run side by side."""

    step: Step | None = None
    table: str = ""


class Events:
    """Follows a run. Never holds text of a document.

    Args:
        log: file that JSON lines are added to.
        console: where people look; a progress bar is drawn only on a terminal.
        total: steps of the run.
        batch: the delivery that it is about.
        command: what was given to start it, to be given again; empty in a notebook.
    """

    def __init__(self, log: Path, console: Console, total: int, batch: str = "", command: str = "") -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._console = console
        self._total = total
        self._finished = 0
        self._bar: Progress | None = None
        self._batch = batch
        self._origin = {"process": os.getpid(), "host": socket.gethostname(), "folder": os.getcwd(), "command": command}
        self._own, self._turn = Own(), threading.Lock()

    def started(self, step: Step) -> None:
        """A step begins: show it, unless its processes show their own progress, or it runs beside others."""
        self._own.step, self._own.table = step, ""
        self.write("started", **self._place(step), **self._origin)
        if self._console.is_terminal and not step.job.starts_ranks and threading.current_thread() is threading.main_thread():
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._bar.add_task(str(step), total=self._total, completed=self._finished)
            self._bar.start()

    def warn(self, warning: str) -> None:
        """Show one sentence, where there is one."""
        if warning:
            self._console.print(warning, markup=False, highlight=False, soft_wrap=True)

    def lost(self, table: str) -> None:
        """A table could not be written: remember it, for what is told of the failure."""
        self._own.table = self._own.table or table

    def failed(self, cause: str) -> None:
        """The run broke off: add a line with the step that was at work, its tables, and what is to be given again."""
        self.close()
        step = self._own.step
        at = {} if step is None else self._place(step)
        fills = [] if step is None else [entry.name for entry in (*step.job.writes, *step.job.appends)]
        with suppress(OSError):  # a full disk may have been the cause
            self.write("failed", **at, **self._origin, table=self._own.table, fills=fills, cause=cause)

    def finished(self, outcome: Outcome) -> None:
        """A step ended or was skipped: one line."""
        self.close()
        self._finished += 1
        self._own.step, self._own.table = None, ""
        step = outcome.step
        self.write(
            "skipped" if outcome.skipped else "finished",
            **self._place(step),
            run=outcome.run,
            rows_in=outcome.rows_in,
            rows_out=outcome.rows_out,
            cut=dict(outcome.cut),
            tables=dict(outcome.written),
            seconds=round(outcome.seconds, 3),
            **({"why": outcome.skipped} if outcome.skipped else {}),
        )
        self._console.print(summary(outcome), highlight=False, soft_wrap=True)
        for line in advise(outcome):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the progress bar away, also after a failure."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _place(self, step: Step) -> dict[str, object]:
        return {"job": step.job.name, "batch": self._batch, "round": step.round, "arm": step.arm}

    def write(self, event: str, **fields: object) -> None:
        """Add one JSON line with the time, the event and its fields."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields})
        with self._turn:
            add_line(self._log, line)


def summary(outcome: Outcome) -> str:
    """One line for people: rows in, out and cut by reason, files read where others were not, seconds, table versions."""
    name = f"[bold]{str(outcome.step):<20}[/bold]"
    if outcome.skipped:
        return f"{name} [dim]skipped: {outcome.skipped}[/dim]"
    parts = [f"{outcome.rows_in:,} in → {outcome.rows_out:,} out" if outcome.rows_in else f"{outcome.rows_out:,} rows"]
    if outcome.cut:
        parts.append(f"{outcome.rows_cut:,} cut ({_reasons(outcome.cut)})")
    if outcome.files is not None and outcome.files.opened < outcome.files.present:
        parts.append(f"{outcome.files.opened:,} of {outcome.files.present:,} files read anew")
    tables = " ".join(f"{table} v{version}" for table, version in outcome.written.items())
    return f"{name} {', '.join(parts)}  [dim]{write_seconds(outcome.seconds)}  {tables}[/dim]"


def advise(outcome: Outcome) -> list[str]:
    """A line for each rule that cut rows and that a user can do something about; and one where nothing is held out."""
    lines = [f"  {rows:,} {rule}: {ADVICE[rule]}" for rule, rows in sorted(outcome.cut.items()) if rule in ADVICE]
    if outcome.step.job.name == "hold_out" and not outcome.rows_out and not outcome.skipped:
        lines.append(f"  {NOTHING_HELD_OUT}")
    return lines


def _reasons(cut: Mapping[str, int], most: int = 3) -> str:
    ranked = sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[most:])
    named = [f"{rule} {count:,}" for rule, count in ranked[:most]]
    return ", ".join(named + ([f"other {rest:,}"] if rest else []))
