"""Roles of held-out documents: stable shares, one for a cluster, and none that hangs on what is held out."""

from __future__ import annotations

from collections import Counter

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.curate.roles import ROLES, assign_roles
from resonance.runtime import resources
from resonance.tables import DUPLICATES, HELDOUT_ROLES
from resonance.testing import documents_frame

DOCUMENTS = 4_000


def hold(spark: SparkSession) -> DataFrame:
    rows = documents_frame(spark, [(str(number), "ab"[number % 2], f"text {number}") for number in range(DOCUMENTS)])
    return rows.withColumn("arm", F.when(F.col("slice") == "a", "heldout").otherwise("plan"))


def read(plan: DataFrame, duplicates: DataFrame, seed: int = 3) -> dict[bytes, str]:
    rows = resources.contract(HELDOUT_ROLES).conform(assign_roles(plan, duplicates, seed=seed)).collect()
    return {bytes(row["doc_id"]): row["role"] for row in rows}


@pytest.fixture
def nothing(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], resources.contract(DUPLICATES).schema)


def test_each_held_out_document_has_a_role_by_its_share_from_any_parts(spark: SparkSession, nothing: DataFrame) -> None:
    assert sum(ROLES.values()) == pytest.approx(1)
    roles = read(hold(spark), nothing)
    assert len(roles) == DOCUMENTS // 2
    found = Counter(roles.values())
    for name, share in ROLES.items():
        assert found[name] == pytest.approx(share * len(roles), abs=4 * (len(roles) * share * (1 - share)) ** 0.5), name
    assert read(hold(spark).repartition(7), nothing.repartition(2)) == roles
    assert read(hold(spark), nothing, seed=4) != roles


def test_a_cluster_has_one_role(spark: SparkSession) -> None:
    plan = hold(spark)
    ids = sorted(bytes(row["doc_id"]) for row in plan.where("arm = 'heldout'").collect())
    pairs = [(id, "near", ids[place - place % 4]) for place, id in enumerate(ids)]
    roles = read(plan, spark.createDataFrame(pairs, "doc_id binary, method string, cluster_id binary"))
    assert all(len({roles[id] for id in ids[place : place + 4]}) == 1 for place in range(0, len(ids), 4))
    assert len(set(roles.values())) == len(ROLES)


def test_roles_do_not_hang_on_the_hash_that_holds_documents_out(spark: SparkSession, nothing: DataFrame) -> None:
    """Among documents whose hash is low, as of all that are held out, roles have the shares that they have among all."""
    ids = hold(spark).withColumn("cluster_id", F.col("doc_id"))
    low = ids.where(uniform(hash_columns(["cluster_id"], 3, "heldout")) < 0.2).withColumn("arm", F.lit("heldout"))
    found = Counter(read(low, nothing).values())
    assert found["measure"] == pytest.approx(sum(found.values()) / 2, abs=4 * (sum(found.values()) / 4) ** 0.5)
