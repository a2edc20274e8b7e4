"""What a cleaned text is called: the hash of its content."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.curate.identity import content_hash


@dataclass(frozen=True)
class ContentHash:
    """Adds ``content_hash``, which exact duplicates share; null where there is no text."""

    name: str = "content_hash"
    version: int = 1
    reads: tuple[str, ...] = ("cleaned",)
    adds: tuple[str, ...] = ("content_hash",)

    def __call__(self, rows: DataFrame) -> DataFrame:
        """``rows`` with the hash."""
        return rows.withColumn("content_hash", content_hash(F.col("cleaned")))
