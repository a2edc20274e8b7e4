"""Sets documents aside, before the first draw and for ever, on which every round is judged."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.clusters import add_clusters
from resonance.core.ledger import drop_cut
from resonance.core.order import place_rows
from resonance.core.settings import RebalanceSettings
from resonance.core.turns import HELDOUT


def hold_out(
    documents: DataFrame, rejects: DataFrame, duplicates: DataFrame, *, settings: RebalanceSettings, seed: int
) -> DataFrame:
    """Rows of ``sample_plan``, round 0, arm ``heldout``: a share of duplicate clusters, chosen by hash of their ids.

    A cluster goes as a whole, so that no copy of a held-out text can be drawn. The hash differs from that of the sampler: else
    the documents left over would be those with high numbers there, and small draws would find none. Shuffles ids: an anti-join
    and a join by doc_id, then the held-out rows by band of their order.
    """
    ids = drop_cut(documents.select("doc_id", "batch", "bucket", "content_hash", "slice", "n_bytes"), rejects)
    held = (
        add_clusters(ids, duplicates)
        .where(uniform(hash_columns(["cluster_id"], seed, HELDOUT)) < settings.heldout_share)
        .drop("cluster_id")
    )
    rows = held.select("*", F.lit(0).alias("copy"), F.lit(1.0).alias("pi"), F.lit(1.0).alias("weight"))
    return place_rows(rows, seed=seed).select("*", F.lit(0).alias("round"), F.lit(HELDOUT).alias("arm"))
