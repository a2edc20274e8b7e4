"""Which documents a model reads to tell what rules cut from what they keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.frames import rank_rows
from resonance.core.ledger import drop_cut, mark_sole_cuts
from resonance.core.order import place_rows
from resonance.core.turns import HELDOUT, PLAN
from resonance.core.versions import VERSION_KEY, leave_superseded
from resonance.train.export import DRAW

MOST = 4_000
"""Documents that are read in a round."""
KEPT = "kept"
"""The stratum of documents that no step cut."""
SPARE = 50
"""More documents than are due go into the ranking, so that it rarely falls short."""
IDS = ("doc_id", "batch", "bucket", "content_hash", "slice")


def choose_shadow(documents: DataFrame, rejects: DataFrame, sample_plan: DataFrame, *, round: int, seed: int) -> DataFrame:
    """Draws of at most ``MOST`` documents: for each rule some that it alone cut, and half of them such that no step cut.

    The model must have seen neither: a text that it was trained on costs it less, whatever its worth. So what was kept are held-out
    documents, which stand for all that was, and no document counts that a plan drew up to ``round``. Documents of a stratum are
    chosen by a hash. Reads no text; shuffles ids by document, then those that are ranked by stratum.
    """
    ids = leave_superseded(documents.where("n_bytes > 0").select(*IDS), rejects)
    sole = mark_sole_cuts(rejects).where("sole").select(*VERSION_KEY, F.concat_ws(" ", "version", "rule").alias("stratum"))
    held = sample_plan.where(F.col("arm") == HELDOUT).select(*VERSION_KEY)
    kept = drop_cut(ids.join(held, VERSION_KEY), rejects).withColumn("stratum", F.lit(KEPT))
    drawn = sample_plan.where((F.col("arm") == PLAN) & F.col("round").between(1, round)).select("doc_id").distinct()
    both = ids.join(sole, VERSION_KEY).select(*IDS, "stratum").unionByName(kept.select(*IDS, "stratum"))
    unseen = both.join(drawn, "doc_id", "left_anti").select(
        *IDS, "stratum", hash_columns(["doc_id"], seed, "shadow").alias("chance")
    )
    found = {row["stratum"]: row["count"] for row in unseen.groupBy("stratum").count().collect()}
    due = share_out(found, MOST)
    parts = [(F.col("stratum") == name) & (uniform(F.col("chance")) < (2 * due[name] + SPARE) / found[name]) for name in due]
    few = unseen.where(reduce(lambda one, other: one | other, parts, F.lit(False)))
    ranked = few.withColumn("nth", rank_rows(["stratum"], ["chance", "doc_id"]))
    most = reduce(lambda column, name: column.when(F.col("stratum") == name, due[name]), due, F.when(F.lit(False), 0))
    chosen = ranked.where(F.col("nth") <= most).select(
        *IDS, F.lit(0).alias("copy"), F.lit(1.0).alias("pi"), F.lit(1.0).alias("weight")
    )
    return place_rows(chosen, seed=seed).select(*DRAW)


def share_out(found: Mapping[str, int], most: int) -> dict[str, int]:
    """How many documents of each stratum are read: half of them are kept ones, the others shared by rules as evenly as they allow.

    Args:
        found: documents of each stratum.
        most: documents in all.
    """
    due = {KEPT: min(found[KEPT], most // 2)} if KEPT in found else {}
    left, waiting = most - most // 2, sorted((count, name) for name, count in found.items() if name != KEPT)
    for place, (count, name) in enumerate(waiting):
        due[name] = min(count, left // (len(waiting) - place))
        left -= due[name]
    return due
