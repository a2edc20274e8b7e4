"""Which documents pictures and excerpts are drawn from, where there are too many to look at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.report.language import say
from resonance.report.wording import amount, count

if TYPE_CHECKING:
    from pyspark.sql import Column

SAMPLE = 20_000
"""About so many documents are looked at: enough for a histogram, and for 100 documents beyond its outer quantiles."""
BUCKETS = 4096


def choose_sample(documents: int) -> Column:
    """Whether a row's bucket is looked at: each is, where the tables hold ``SAMPLE`` documents or fewer."""
    return F.col("bucket") < F.lit(max(BUCKETS * SAMPLE // max(documents, 1), 1))


def describe_sample(documents: int) -> str:
    """A sentence on the sample for readers; empty where all documents were looked at."""
    if documents <= SAMPLE:
        return ""
    return say("Drawn from about {sample} of {documents}.", sample=count(SAMPLE), documents=amount(documents, "document"))
