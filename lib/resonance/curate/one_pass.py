"""Sources to documents in one pass over the texts, where no copy of the raw text is kept."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Turn
from resonance.core.settings import CleanSettings, IngestSettings, ScoreSettings, TaskSettings
from resonance.curate.clean import Signals, prepare_by, split_prepared
from resonance.curate.ingest import identify_rows, open_sources, raw_rows, split_readable


def ingest_and_clean(
    *,
    settings: IngestSettings,
    cleaning: CleanSettings,
    quality: ScoreSettings,
    task: TaskSettings,
    turn: Turn,
    spark: SparkSession,
    checkpoint: Checkpoint,
) -> tuple[DataFrame, DataFrame, Signals, DataFrame, DataFrame, DataFrame, DataFrame]:
    """Raw rows, and what ``ingest`` and ``clean`` make of them, from one pass.

    Only cleaned texts are stored, and raw rows say where each came from. Shuffles as ``ingest`` does.

    Raises:
        InputError: as in ``ingest``.
    """
    prepared = prepare_by(cleaning, quality).reading(open_sources(spark, settings, task))
    rows = checkpoint(identify_rows(prepared, settings, turn), "ingest")
    readable, unread = split_readable(rows, settings, turn, checkpoint)
    documents, signals, scores, edits, spans, cut = split_prepared(readable, cleaning, turn)
    return raw_rows(readable, turn, F.lit(None)), documents, signals, scores, edits, spans, unread.unionByName(cut)
