"""The job that holds what the round's model did against models which never saw the sample."""

from __future__ import annotations

from pyspark.sql import DataFrame

from resonance.core.job import Checkpoint, Turn
from resonance.core.settings import CrossFitSettings
from resonance.states.excess import excess_loss, slice_excess
from resonance.states.labels import label_quality


def compare(
    signal_event: DataFrame, *, settings: CrossFitSettings, turn: Turn, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Rows of ``excess_loss``, ``slice_excess`` and ``label_quality`` of a round; none of the last where samples have no labels."""
    found = checkpoint(excess_loss(signal_event, settings=settings, turn=turn), "excess")
    return found, slice_excess(found), label_quality(signal_event, turn=turn)
