"""How many texts of any table are like another one that stays: the same search as that of documents, for an assessment."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import make_frame
from resonance.core.job import Checkpoint
from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates.compare import dedupe
from resonance.curate.identity import content_hash, doc_id

NOTHING_CUT = "doc_id binary, batch string, step string, rank int"


def count_redundant(
    rows: DataFrame, id: str, text: str, jaccard: float, shingle: int, *, most: int, checkpoint: Checkpoint
) -> int | None:
    """Texts that are no longer needed where another one of those that are like them stays; None where there are more than ``most``.

    Args:
        rows: the table; rows that share id and text are one.
        id: the column that names rows.
        text: that of their text; null is none.
        jaccard: least similarity of the shingles of two texts that are alike.
        shingle: words in a shingle; characters in scripts without blanks.
        most: texts that are compared at most.
        checkpoint: materialises steps.
    """
    known = rows.select(F.col(f"`{id}`").cast("string").alias("id"), F.col(f"`{text}`").cast("string").alias("text"))
    known = known.where("text IS NOT NULL")
    if known.limit(most + 1).count() > most:
        return None
    nowhere = [F.lit("").alias(name) for name in ("batch", "source", "slice")]
    documents = known.select(
        doc_id(F.coalesce("id", F.lit("")), F.col("text")).alias("doc_id"),
        F.lit(0).alias("bucket"),
        *nowhere,
        content_hash(F.col("text")).alias("content_hash"),
        F.octet_length("text").cast("int").alias("n_bytes"),
        "text",
    )
    settings = DedupeSettings(jaccard=jaccard, shingle_words=shingle)
    rejects = make_frame(rows.sparkSession, [], NOTHING_CUT)
    _, gone = dedupe(documents, rejects, settings=settings, checkpoint=checkpoint)
    return gone.select("doc_id").distinct().count()
