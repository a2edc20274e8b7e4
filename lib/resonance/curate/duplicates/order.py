"""The total order of documents that are alike, known at ingest: the first of them stays, whatever any model thinks of it later."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def priority(sources: Sequence[str]) -> Column:
    """The place of a document's source among ``sources``, from 0; sources that are not named come after all of them."""
    place = F.lit(len(sources))
    for index in reversed(range(len(sources))):
        place = F.when(F.col("source") == sources[index], index).otherwise(place)
    return place.cast("int").alias("priority")


def order() -> Column:
    """Sorts documents: by ``priority``, then the longest in ``n_bytes`` first, then by ``doc_id``."""
    return F.struct("priority", (-F.col("n_bytes")).alias("longest"), "doc_id")
