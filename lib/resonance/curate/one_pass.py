"""Sources to documents in one pass over the texts, where no copy of the raw text is kept."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Left, Turn
from resonance.core.settings import CleanSettings, IngestSettings, ScoreSettings, TaskSettings
from resonance.curate.carry import find_staying
from resonance.curate.clean import Signals, add_staying, prepare_by, split_prepared
from resonance.curate.delivery import open_delivery
from resonance.curate.ingest import identify_rows, keep_books, make_ingest_rejects, raw_rows, split_readable


def ingest_and_clean(
    *,
    settings: IngestSettings,
    cleaning: CleanSettings,
    quality: ScoreSettings,
    task: TaskSettings,
    turn: Turn,
    spark: SparkSession,
    checkpoint: Checkpoint,
    left: Left | None = None,
) -> tuple[DataFrame, DataFrame, Signals, DataFrame, DataFrame, DataFrame, DataFrame, DataFrame, DataFrame, DataFrame]:
    """Raw rows, what ``clean`` makes of them, rejects, and what is known of files, as ``ingest`` and ``clean`` do, in one pass.

    Only cleaned texts are stored, and raw rows say where each came from. Shuffles as ``ingest`` does.

    Raises:
        InputError: as in ``ingest``.
    """
    delivery = open_delivery(spark, settings, task, cleaning.hidden, left)
    prepared = prepare_by(cleaning, quality).reading(delivery.reading)
    split = split_readable(identify_rows(prepared, settings, turn), delivery.kept, settings, turn, checkpoint)
    made = split_prepared(split.fresh, cleaning, turn)
    if delivery.left is not None and split.kept is not None:
        now = checkpoint(split.kept.select("doc_id", "slice"), "ingest_kept")
        made = add_staying(made, delivery.left, find_staying(delivery.left["raw"], now, checkpoint))
    documents, signals, scores, edits, spans, cut = made
    raw = raw_rows(split, turn, F.lit(None))
    rejects = make_ingest_rejects(split.unused, turn).unionByName(cut)
    return raw, documents, signals, scores, edits, spans, rejects, *keep_books(spark, delivery, split, raw, turn, checkpoint)
