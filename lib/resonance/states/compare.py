"""The job that compares the round's model with models that never saw the sample."""

from __future__ import annotations

from pyspark.sql import DataFrame

from resonance.core.job import Checkpoint, Turn
from resonance.core.settings import CrossFitSettings
from resonance.states.excess import average_excess, measure_excess
from resonance.states.labels import rate_labels


def compare(
    signal_event: DataFrame, *, settings: CrossFitSettings, turn: Turn, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Rows of ``excess_loss``, ``slice_excess`` and ``label_quality`` of a round; the last is empty without labels."""
    found = checkpoint(measure_excess(signal_event, settings=settings, turn=turn), "excess")
    return found, average_excess(found), rate_labels(signal_event, turn=turn)
