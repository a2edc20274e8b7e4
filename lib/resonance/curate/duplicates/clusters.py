"""Documents that are alike become a cluster, and one of them its keeper."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from resonance.curate.duplicates.order import order


def clusters(documents: DataFrame, *alike: str) -> DataFrame:
    """Documents that share their values of ``alike`` with another one, with ``cluster_id``, ``size`` and ``keeper``.

    The keeper is first in the total order. One shuffle by ``alike``, of the columns that are handed over: leave texts out.
    """
    group = Window.partitionBy(*alike)
    return documents.withColumns(
        {
            "cluster_id": F.min("doc_id").over(group),
            "size": F.count(F.lit(1)).over(group).cast("int"),
            "keeper": F.min(order()).over(group).getField("doc_id"),
        }
    ).where("size > 1")


def stars(gone: DataFrame, documents: DataFrame) -> DataFrame:
    """Clusters of a document that stays and those that go for it, as ``clusters`` gives them, with ``similarity`` to the keeper.

    ``gone`` holds ``doc_id``, ``keeper`` and ``similarity``. Two joins of ids, one shuffle by keeper.
    """
    keepers = gone.select(F.col("keeper").alias("doc_id"), "keeper", F.lit(None).cast("double").alias("similarity")).distinct()
    group = Window.partitionBy("keeper")
    members = gone.unionByName(keepers).join(documents, "doc_id")
    return members.withColumns({"cluster_id": F.min("doc_id").over(group), "size": F.count(F.lit(1)).over(group).cast("int")})
