"""Losses are summed as plain arithmetic sums them, estimated where only a part of the events is kept."""

from __future__ import annotations

from pyspark.sql import Row, SparkSession

from resonance.report.facts.losses import Losses, sum_losses
from resonance.testing import events_frame


def test_rows_without_a_loss_count_as_rows_alone(spark: SparkSession) -> None:
    seen = {"run": "t", "phase": "train", "n_tok": 4, "n_bytes": 10, "n_cut": 3}
    rows = [seen | {"doc": n, "loss_sum": loss} for n, loss in enumerate((2.0, 3.0, None))]
    rows += [seen | {"doc": 3, "loss_sum": 1.0, "n_bytes": 20, "log_pi": 0.5}, seen | {"doc": 4, "loss_sum": None, "log_pi": 0.25}]
    rows += [seen | {"doc": 5, "loss_sum": None, "phase": "score"}, seen | {"doc": 6, "loss_sum": 9.0, "run": "other"}]
    rows += [seen | {"doc": 7, "loss_sum": 9.0, "run": "fold", "phase": phase} for phase in ("fit", "reference")]
    steps = tuple(Row(job=job, run=run, written={"signal_event": 1}) for job, run in (("train", "t"), ("cross_fit", "fold")))
    scored, trained = sum_losses(events_frame(spark, rows), (*steps, Row(job="feedback", run="other", written={})), ())
    # 3 whole rows, one that stands for 2, one for 4; those with a loss: 2 whole ones and the one for 2.
    assert trained == Losses(
        *(1, "plan", "train", 0), rows=9, nats=7.0, tokens=4 * 4, bytes=2 * 10 + 2 * 20, share=0.25, no_loss=5, cut=9 * 3
    )
    assert scored == Losses(1, "plan", "score", 0, rows=1, nats=0.0, tokens=0, bytes=0, no_loss=1, cut=3)
