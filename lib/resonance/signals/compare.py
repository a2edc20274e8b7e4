"""The job that holds what the round's model did against models which never saw the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.signals.excess import excess_loss
from resonance.signals.labels import label_quality

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.job import Turn
    from resonance.core.settings import CrossFitSettings


def compare(signal_event: DataFrame, *, settings: CrossFitSettings, turn: Turn) -> tuple[DataFrame, DataFrame]:
    """Rows of ``excess_loss`` and of ``label_quality`` for the round; the latter has none where samples have no labels."""
    return excess_loss(signal_event, settings=settings, turn=turn), label_quality(signal_event, turn=turn)
