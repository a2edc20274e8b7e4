"""Runs: whether they end in time, are on record in full, and lose no row without a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from resonance.assess.books import list_runs, read_book, read_history
from resonance.assess.methods.times import read_interval
from resonance.assess.methods.versions import say, say_share
from resonance.core.binding import Asked, Bound, UnmeasurableError
from resonance.core.records import Run


def bind_on_time(asked: Asked) -> Bound:
    """Runs of the last days that finished within the promised time. One that may still finish in time is not looked at."""
    allowed = timedelta(days=read_interval(asked, "sla_latency"))
    since = asked.now - timedelta(days=asked.params["days"])
    recent = [(start, run) for run in list_runs(asked) if (start := run.started) is not None and since <= start <= asked.now]
    due = [(start, run) for start, run in recent if run.ended is not None or start + allowed < asked.now]
    good = sum(run.ended is not None and run.ended - start <= allowed for start, run in due)
    return say_share(good, len(due), f"no run of the last {asked.params['days']:g} days is on record")


def bind_hops(asked: Asked) -> Bound:
    """Changes of the table whose run is on record with all that it read and wrote, its code and its parameters."""
    versions = [str(change.version) for change in read_history(asked) if change.changes_rows]
    full = {version for run in list_runs(asked) if _is_full(run) for version in _list_written(run, asked.contract.table)}
    return say_share(sum(version in full for version in versions), len(versions), "no commit changed a row")


def bind_balance(asked: Asked) -> Bound:
    """The worst balance of a run: rows that went on or were rejected with a reason, of those that came in."""
    counts: list[list[Any]] = [[entry.get(name) for name in ("in", "out", "rejected")] for entry in read_book(asked, "run_metrics")]
    if not all(isinstance(count, int) and not isinstance(count, bool) for row in counts for count in row):
        raise UnmeasurableError("run_metrics: each entry must hold whole numbers in, out and rejected")
    balances = [1 - abs(came - went - cut) / came for came, went, cut in counts if came > 0]
    if not balances:
        raise UnmeasurableError("no run counted rows that came in")
    return say(max(0.0, min(balances)), min(balances))


def _is_full(run: Run) -> bool:
    versions = [*run.inputs.values(), *run.outputs.values()]
    return bool(run.inputs and run.outputs and run.code and run.has_params) and None not in versions


def _list_written(run: Run, table: str) -> list[str]:
    """Versions of the table that the run wrote; a record may name the table with the place where it lies before it."""
    return [v for name, v in run.outputs.items() if v is not None and name.replace("/", ".").split(".")[-1] == table]
