"""Raw rows to documents: cleans, measures and rewrites every text in one pass. It cuts texts that are empty, no others."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Turn
from resonance.core.ledger import CLEAN, make_rejects
from resonance.core.settings import CleanSettings, ScoreSettings
from resonance.curate import score
from resonance.curate.identity import bucket
from resonance.curate.operators.prepare import Prepare
from resonance.curate.signals import MEASURED, signal_rows

VERSION = "clean@2"
REWRITES = {"none": "", "c4_lines": "c4_lines@1"}
"""Names and versions of what may rewrite a text."""

Parts = tuple[DataFrame, DataFrame, DataFrame, DataFrame]


def clean(raw: DataFrame, *, settings: CleanSettings, quality: ScoreSettings, turn: Turn, checkpoint: Checkpoint) -> Parts:
    """Documents, their signals, what rewriting cut from them, and rejects. Each raw row is a document or a reject. No shuffle."""
    needed = raw.select("doc_id", "source", "source_key", "slice", "text")
    return split_prepared(checkpoint(Prepare(settings.sets, settings.rewrite, quality.head_words)(needed), "clean"), settings, turn)


def split_prepared(rows: DataFrame, settings: CleanSettings, turn: Turn) -> Parts:
    """Documents, signals, edits and rejects of prepared rows. A signal set is measured on the cleaned text, before rewriting;
    ``quality`` on the text as it is stored.
    """
    own = rows.withColumns({"bucket": bucket(F.col("doc_id")), "batch": F.lit(turn.batch)})
    held = own.where("cleaned_hash IS NOT NULL")
    sets = [_measured(held, name, MEASURED[name][0].version, "cleaned_hash") for name in settings.sets]
    sets.append(_measured(held, "quality", score.VERSION, "content_hash"))
    edits = _edits(held, REWRITES[settings.rewrite])
    return _documents(held, settings.rewrite), reduce(DataFrame.unionByName, sets), edits, _rejects(own)


def _documents(held: DataFrame, rewrite: str) -> DataFrame:
    return held.select(
        "doc_id",
        "bucket",
        "batch",
        "source",
        "source_key",
        "slice",
        F.col("cleaned").alias("text"),
        "content_hash",
        "cleaned_hash",
        "n_chars",
        "n_bytes",
        F.lit("/".join(filter(None, (VERSION, REWRITES[rewrite])))).alias("version"),
    )


def _measured(held: DataFrame, name: str, version: int, text: str) -> DataFrame:
    measured = held.select("doc_id", "bucket", F.col(text).alias("content_hash"), "batch", f"{name}.*")
    return signal_rows(measured, name, version)


def _edits(held: DataFrame, version: str) -> DataFrame:
    cut = held.select("doc_id", "bucket", "batch", F.col("cleaned_hash").alias("content_hash"), F.explode("edits").alias("edit"))
    return cut.select("doc_id", "bucket", "batch", "content_hash", "edit.*", F.lit(version).alias("version"))


def _rejects(own: DataFrame) -> DataFrame:
    empty = own.where("cleaned_hash IS NULL")
    return make_rejects(empty, CLEAN, VERSION, rule="empty", value=F.lit(0.0), threshold=F.lit(1.0))
