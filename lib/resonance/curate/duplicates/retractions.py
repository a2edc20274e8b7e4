"""Earlier decisions that no longer hold: what a document's clusters and verdict were, and what they are."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.versions import SUPERSEDED
from resonance.curate.identity import bucket


def retractions(before: tuple[DataFrame, DataFrame], now: tuple[DataFrame, DataFrame], known: DataFrame) -> DataFrame:
    """A row for each document of ``known`` and each method whose cluster or keeper is not what it was.

    ``before`` and ``now`` are duplicates and rejects of the step. A row says whether the step cut the document (``was_cut``,
    ``is_cut``), in which cluster it was for whom (``was_cluster``, ``was_keeper``, null where in none), and is. Three joins of
    ids by document.
    """
    was, found = _name_method(before[0], "was"), _name_method(now[0], "is")
    both = was.join(found, ["doc_id", "method"], "full_outer")
    same = F.col("was_cluster").eqNullSafe(F.col("is_cluster")) & F.col("was_keeper").eqNullSafe(F.col("is_keeper"))
    changed = both.where(~same).join(known.select("doc_id"), "doc_id", "left_semi").withColumn("bucket", bucket(F.col("doc_id")))
    for name, rejects in (("was", before[1]), ("is", now[1])):
        cut = rejects.where(F.col("rule") != SUPERSEDED).select("doc_id", F.lit(True).alias(f"{name}_cut"))
        changed = changed.join(cut, "doc_id", "left").fillna(False, [f"{name}_cut"])
    return changed


def _name_method(duplicates: DataFrame, name: str) -> DataFrame:
    cluster, keeper = F.col("cluster_id").alias(f"{name}_cluster"), F.col("keeper").alias(f"{name}_keeper")
    return duplicates.select("doc_id", "method", cluster, keeper)
