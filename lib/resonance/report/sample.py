"""Which documents pictures and examples are drawn from, where there are too many to look at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

SAMPLE = 20_000
"""About so many documents are looked at: enough for a histogram, and for 100 documents beyond its outer quantiles."""
BUCKETS = 4096


def sampled(documents: int) -> Column:
    """The buckets to look at: all, where the tables hold ``SAMPLE`` documents or fewer."""
    return F.col("bucket") < F.lit(max(BUCKETS * SAMPLE // max(documents, 1), 1))


def told(documents: int) -> str:
    """A sentence on it for readers; none where all documents were looked at."""
    return f"Drawn from about {SAMPLE:,} of {documents:,} documents." if documents > SAMPLE else ""
