"""What held-out documents are for: whatever is chosen on some of them is judged on others."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.clusters import add_clusters
from resonance.core.turns import HELDOUT

ROLES = {"measure": 0.5, "grow": 0.2, "select": 0.1, "verify": 0.1, "vault": 0.1}
"""Shares of clusters: base line and core items, new items, a search, its acceptance, and what is opened once a release."""


def assign_roles(sample_plan: DataFrame, duplicates: DataFrame, *, seed: int) -> DataFrame:
    """Rows of ``heldout_roles``: each held-out document with its role, by a hash of its duplicate cluster.

    A cluster has one role, so that no copy of a text on which something is chosen judges it. The hash differs from the one by which
    documents are held out. Shuffles ids: a join by doc_id.
    """
    held = sample_plan.where(F.col("arm") == HELDOUT).select("doc_id", "bucket", "batch", "content_hash", "slice")
    place = F.col("place")
    role, reached = F.when(F.lit(False), ""), 0.0
    for name, share in ROLES.items():
        reached += share
        role = role.when(place < F.lit(reached), name)
    placed = add_clusters(held, duplicates).withColumn("place", uniform(hash_columns(["cluster_id"], seed, "role")))
    return placed.withColumn("role", role.otherwise(name)).drop("place")
