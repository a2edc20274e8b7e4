"""Which documents are alike: those of one cluster share a fate, so that no copy of one tells what another was held out for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def add_clusters(documents: DataFrame, duplicates: DataFrame) -> DataFrame:
    """``documents`` with ``cluster_id``: by near duplicates where they have such, else by exact ones; their own id without any.

    Shuffles ids.
    """
    return name_clusters(documents, find_clusters(duplicates))


def name_clusters(documents: DataFrame, clusters: DataFrame) -> DataFrame:
    """``documents`` with the ``cluster_id`` that ``clusters`` knows of them, else their own id."""
    return documents.join(clusters, "doc_id", "left").withColumn("cluster_id", F.coalesce("cluster_id", "doc_id"))


def find_clusters(duplicates: DataFrame) -> DataFrame:
    """``doc_id`` and ``cluster_id`` of each document that is in a cluster."""
    first = F.struct((F.col("method") != "near").alias("rank"), "cluster_id")
    return duplicates.groupBy("doc_id").agg(F.min(first).alias("first")).select("doc_id", "first.cluster_id")
