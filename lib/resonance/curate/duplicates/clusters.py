"""Documents that are alike become a cluster, and one of them its keeper."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import add_group_values
from resonance.curate.duplicates.order import order


def clusters(documents: DataFrame, *alike: str) -> DataFrame:
    """Documents that share their values of ``alike`` with another one, with ``cluster_id``, ``size`` and ``keeper``.

    The keeper is first in the total order. One shuffle by ``alike``, of the columns that are handed over: leave texts out.
    """
    first = F.min(order()).getField("doc_id")
    values = {"cluster_id": F.min("doc_id"), "size": F.count(F.lit(1)).cast("int"), "keeper": first}
    return add_group_values(documents, alike, values, "size > 1")


def stars(gone: DataFrame, documents: DataFrame) -> DataFrame:
    """Clusters of a document that stays and those that go for it, as ``clusters`` gives them, with ``similarity`` to the keeper.

    ``gone`` holds ``doc_id``, ``keeper`` and ``similarity``. Two joins of ids, one shuffle by keeper.
    """
    keepers = gone.select(F.col("keeper").alias("doc_id"), "keeper", F.lit(None).cast("double").alias("similarity")).distinct()
    members = gone.unionByName(keepers).join(documents, "doc_id")
    return add_group_values(members, ["keeper"], {"cluster_id": F.min("doc_id"), "size": F.count(F.lit(1)).cast("int")})
