"""Writes what goes on in a workspace as metrics of Prometheus. The only import of its client."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from resonance.core.errors import ConfigError, ResonanceError
from resonance.core.status import Status

STEP = ("job", "batch", "round", "arm")
"""Labels of what is about one step."""


def write_metrics(status: Status, rows: Mapping[str, int], file: Path) -> None:
    """Write metrics as text, among them the ``rows`` of each table; the file is replaced at once: nobody reads half of it.

    Raises:
        ConfigError: the client is not installed.
        ResonanceError: the file cannot be written.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
    except ImportError:
        raise ConfigError("status --prometheus asks for the client of Prometheus: pip install prometheus-client") from None
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"resonance_{name}", meaning, labels, registry=registry)

    seconds = gauge("step_seconds", "Seconds that the newest run of a step took", *STEP)
    finished = gauge("step_finished_timestamp_seconds", "When the newest run of a step ended, in Unix time", *STEP)
    counts = gauge("step_rows", "Rows of the newest run of a step: in, out, or cut", *STEP, "kind")
    for row in status.done:
        labels = (row["job"], row["batch"], row["round"], row["arm"])
        seconds.labels(*labels).set(row["seconds"])
        finished.labels(*labels).set(row["finished_at"].timestamp())
        for kind in ("in", "out", "cut"):
            counts.labels(*labels, kind).set(row[f"rows_{kind}"])
    running = gauge("step_started_timestamp_seconds", "When the step that runs now began, in Unix time", *STEP)
    if status.running is not None:
        running.labels(*status.running.place).set(status.running.at.timestamp())
    failed = gauge("step_failed_timestamp_seconds", "When a step broke off that was not done since, in Unix time", *STEP)
    for failure in status.failures:
        failed.labels(*failure.started.place).set(failure.at.timestamp())
    gauge("rounds_finished", "Rounds that are finished").set(sum(row.finished_at is not None for row in status.rounds))
    gauge("writers", "Processes that write into the workspace").set(bool(status.writer))
    closed = gauge("gate_closed", "1 for a gate that is not passed, and that nobody let the dataset through", "dataset", "gate")
    for row in status.closed:
        closed.labels(row["dataset"], row["gate"]).set(1)
    held = gauge("table_rows", "Rows of a table", "table")
    for name, number in rows.items():
        held.labels(name).set(number)
    try:
        write_to_textfile(str(file), registry)
    except OSError as error:
        raise ResonanceError(f"status: cannot write {file}: {error.strerror or error}") from None
