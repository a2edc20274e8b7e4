"""Metrics are what Prometheus's own reader understands, and say what the status says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from resonance.core.errors import ResonanceError
from resonance.core.status import Failure, Round, Started, Status
from resonance.runtime.metrics import write_metrics

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROW = {"job": "train", "batch": "数据", "round": 2, "arm": "plan", "seconds": 3.5, "finished_at": AT}
LABELS = ("job", "batch", "round", "arm", "kind", "dataset", "gate", "table")


def read(file: Path) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(file.read_text(encoding="utf-8"))
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, *(one.labels[label] for label in LABELS if label in one.labels)): one.value for one in samples}


def test_each_fact_is_a_metric(tmp_path: Path) -> None:
    done = [{**ROW, "rows_in": 9, "rows_out": 6, "rows_cut": 3}]
    begun = Started("evaluate", "main", 2, "plan", AT)
    gate = {"dataset": "documents", "gate": "rules"}
    rounds = (Round(0, 1, 1.0), Round(1, 9, 1.0, AT), Round(2, 1, 1.0))
    status = Status(rounds, done, begun, "process 7", [Failure(Started("judge", "main", 0, "plan", AT), AT, "why")], [gate])
    write_metrics(status, {"documents": 12}, tmp_path / "r.prom")
    step, at = ("2", "plan"), AT.timestamp()
    assert read(tmp_path / "r.prom") == {
        ("resonance_step_seconds", "train", "数据", *step): 3.5,
        ("resonance_step_finished_timestamp_seconds", "train", "数据", *step): at,
        ("resonance_step_rows", "train", "数据", *step, "in"): 9,
        ("resonance_step_rows", "train", "数据", *step, "out"): 6,
        ("resonance_step_rows", "train", "数据", *step, "cut"): 3,
        ("resonance_step_started_timestamp_seconds", "evaluate", "main", *step): at,
        ("resonance_step_failed_timestamp_seconds", "judge", "main", "0", "plan"): at,
        ("resonance_rounds_finished",): 1,
        ("resonance_writers",): 1,
        ("resonance_gate_closed", "documents", "rules"): 1,
        ("resonance_table_rows", "documents"): 12,
    }
    write_metrics(Status(), {}, tmp_path / "r.prom")
    assert read(tmp_path / "r.prom") == {("resonance_rounds_finished",): 0, ("resonance_writers",): 0}
    assert [path.name for path in tmp_path.iterdir()] == ["r.prom"], "nothing half written stays"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ResonanceError, match="status: cannot write .*: No such file or directory"):
        write_metrics(Status(), {}, tmp_path / "none" / "r.prom")
