"""The job that finds samples which are probably at fault: texts whose words stand in no order, and labels that models doubt."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Turn
from resonance.states.history import TEXT
from resonance.states.order import measure_order, rate_order

ORDER, LABEL = "order", "label"
"""The faults that are looked for."""
SUSPECTED = 0.5
"""Probability of a fault above which a sample is listed."""


def suspect(
    signal_event: DataFrame, label_quality: DataFrame, *, turn: Turn, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame]:
    """Rows of ``appraisals`` and of ``repairs`` for the draw of ``turn.round``.

    Texts are judged by what was appraised in the round, labels by the models of the round before that never saw them. Shuffles ids
    and losses by id, and partial counts.
    """
    appraised = checkpoint(rate_order(measure_order(signal_event, turn)), "appraised")
    texts = appraised.withColumns(
        {
            "fault": F.lit(ORDER),
            "label": _leave_open("string"),
            "suggested": _leave_open("string"),
            "p_suggested": _leave_open("double"),
        }
    )
    doubted = label_quality.where((F.col("round") == turn.round - 1) & F.col("issue"))
    labels = doubted.withColumns(
        {
            "round": F.lit(turn.round),
            "fault": F.lit(LABEL),
            "posterior": 1 - F.col("quality"),
            "bpb": _leave_open("double"),
            "order_gain": _leave_open("double"),
        }
    )
    names = ("round", *TEXT, "bucket", "slice", "fault", "posterior", "bpb", "order_gain", "label", "suggested", "p_suggested")
    return appraised, texts.select(*names).unionByName(labels.select(*names)).where(F.col("posterior") > SUSPECTED)


def _leave_open(kind: str) -> Column:
    return F.lit(None).cast(kind)
