"""What a model reads to tell what rules cut from what they keep: shares of rules, nothing that it was trained on."""

from __future__ import annotations

from collections import Counter

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.ledger import make_rejects
from resonance.testing import documents_frame, hold
from resonance.train import shadow
from resonance.train.shadow import KEPT, choose_shadow, share_out


def test_half_is_kept_and_rules_share_the_rest_as_they_can() -> None:
    assert share_out({KEPT: 9_000, "a": 5_000, "b": 10, "c": 5_000}, 4_000) == {KEPT: 2_000, "b": 10, "a": 995, "c": 995}
    assert share_out({KEPT: 3, "a": 5_000}, 4_000) == {KEPT: 3, "a": 2_000}
    assert share_out({"a": 1}, 4_000) == {"a": 1}
    assert share_out({}, 4_000) == {}


def make(spark: SparkSession) -> tuple[DataFrame, DataFrame, DataFrame]:
    """600 documents: tenths by number; 0 to 2 cut by a alone, 3 by b alone, 4 by both, 5 held out, 6 held out and cut by a later
    step, the others drawn, as were half of those that a cut.
    """
    frame = documents_frame(spark, [(f"{n:03}", "s", f"text {n}") for n in range(600)])
    number = F.col("source_key").cast("int")
    documents = hold(frame.withColumn("tenth", F.pmod(number, F.lit(10))).withColumn("odd", F.pmod(number, F.lit(20)) >= 10))
    rules = F.when(F.col("tenth") <= 2, F.array(F.lit("a"))).when(F.col("tenth") == 3, F.array(F.lit("b")))
    cut = documents.withColumn("rule", F.explode(rules.when(F.col("tenth") == 4, F.array(F.lit("a"), F.lit("b")))))
    judged = make_rejects(cut, "judge", "mine@1", rule=F.col("rule"), value=F.lit(1.0))
    later = make_rejects(documents.where("tenth = 6"), "dedupe", "exact@1", rule="exact_duplicate", value=F.lit(1.0))
    place = F.when(F.col("tenth").isin(5, 6), 0).otherwise(2)
    listed = documents.where("tenth > 4 OR (tenth = 0 AND odd)").withColumn("round", place)
    plan = listed.withColumn("arm", F.when(F.col("round") == 0, "heldout").otherwise("plan"))
    return documents, judged.unionByName(later), plan.select("round", "arm", "doc_id", "batch")


def read(documents: DataFrame, chosen: DataFrame) -> Counter[int]:
    tenths = {bytes(row["doc_id"]): row["tenth"] for row in documents.collect()}
    return Counter(tenths[bytes(row["doc_id"])] for row in chosen.collect())


def test_strata_are_sole_cuts_and_held_out_documents_that_no_step_cut(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    documents, rejects, plan = make(spark)
    whole = choose_shadow(documents, rejects, plan, round=2, seed=1)
    assert read(documents, whole) == {0: 30, 1: 60, 2: 60, 3: 60, 5: 60}
    assert sorted(row["pos"] for row in whole.collect()) == list(range(270))
    before = choose_shadow(documents, rejects, plan, round=1, seed=1)
    assert read(documents, before)[0] == 60, "drawn in a later round"

    monkeypatch.setattr(shadow, "MOST", 80)
    few = choose_shadow(documents, rejects, plan, round=2, seed=1)
    found = read(documents, few)
    assert (found[5], found[3], found[0] + found[1] + found[2]) == (40, 20, 20)
    torn = choose_shadow(documents.repartition(5), rejects.repartition(3), plan.repartition(2), round=2, seed=1)
    assert {(bytes(r["doc_id"]), r["pos"]) for r in torn.collect()} == {(bytes(r["doc_id"]), r["pos"]) for r in few.collect()}
    assert read(documents, choose_shadow(documents, rejects.limit(0), plan.limit(0), round=2, seed=1)) == {}
