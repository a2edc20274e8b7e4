from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from resonance.core.frames import make_frame
from resonance.core.judges import PART, choose_judges

SHARES = (("select", 40), ("verify", 400), ("measure", 40), ("vault", 30))


def make_roles(spark: SparkSession) -> DataFrame:
    """Two documents in each cluster."""
    rows = [(f"{role}{at}{copy}", f"{role}{at}", role) for role, many in SHARES for at in range(many) for copy in "ab"]
    return make_frame(spark, rows, "doc_id string, cluster_id string, role string")


def choose(spark: SparkSession, arm: str) -> set[str]:
    rows = choose_judges(make_roles(spark), arm).collect()
    assert len({row["role"] for row in rows}) == 1
    clusters = {row["cluster_id"] for row in rows}
    assert len(rows) == 2 * len(clusters), "clusters go as a whole"
    return clusters


def test_a_search_is_judged_on_other_documents_than_its_candidate(spark: SparkSession) -> None:
    assert len(choose(spark, "rule-select-0a1b2c3d-4-2-1")) == 40
    assert choose(spark, "rule-select-0a1b2c3d-4-2-1") == choose(spark, "rule-select-ffffffff-1-1-0")
    assert choose(spark, "rule-verify-0a1b2c3d-candidate-4") == choose(spark, "rule-verify-0a1b2c3d-incumbent-0")


def test_each_campaign_draws_its_own_half(spark: SparkSession) -> None:
    one, other = (choose(spark, f"rule-verify-{key}-candidate-0") for key in ("0a1b2c3d", "4e5f6a7b"))
    for clusters in (one, other):
        assert abs(len(clusters) / 400 - PART) < 0.1, "four standard deviations"
    assert abs(len(one & other) / 400 - PART**2) < 0.1


def test_the_vault_judges_releases_alone(spark: SparkSession) -> None:
    opened = choose(spark, "rule-vault-0a1b2c3d-candidate-0")
    assert len(opened) == 30
    assert all(cluster.startswith("vault") for cluster in opened)
    assert all(cluster.startswith("measure") for cluster in choose(spark, "rule-watch-0a1b2c3d-candidate-0"))
