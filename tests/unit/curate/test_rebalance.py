"""The draw: exact chances, the same set however rows lie, and a plan without gaps."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy import stats

from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.order import place_rows
from resonance.core.settings import AppraiseSettings, RebalanceSettings
from resonance.curate.draw import GOLDEN, copies, draw, draw_fixed
from resonance.curate.rebalance import rebalance
from resonance.runtime import resources
from resonance.tables import DOCUMENTS, REJECTS, SAMPLE_PLAN, SAMPLE_WEIGHTS
from resonance.testing import events_frame, hold

SEED = 11
APPRAISING = AppraiseSettings(reach=1.5)
WIDE = 50.0
"""A repeat limit that never binds."""


def corpus(spark: SparkSession, count: int = 400) -> DataFrame:
    """Documents of slices a (even) and b (odd) with 20 to 50 bytes each."""
    identity = F.sha2(F.col("id").cast("string"), 256)
    rows = spark.range(count).select(
        F.unhex(F.substring(identity, 1, 32)).alias("doc_id"),
        F.lit("main").alias("batch"),
        F.lit("test").alias("source"),
        F.col("id").cast("string").alias("source_key"),
        F.when(F.col("id") % 2 == 0, "a").otherwise("b").alias("slice"),
        F.lit("text").alias("text"),
        F.unhex(F.substring(identity, 33, 32)).alias("content_hash"),
        F.unhex(F.substring(identity, 33, 32)).alias("cleaned_hash"),
        F.unhex(F.substring(identity, 33, 32)).alias("raw_hash"),
        F.lit(20).alias("n_chars"),
        (20 + F.col("id") % 31).cast("int").alias("n_bytes"),
        F.lit("test@1").alias("version"),
    )
    return resources.contract(DOCUMENTS).conform(rows.withColumn("bucket", F.expr("pmod(xxhash64(doc_id), 4096)").cast("int")))


def empty(spark: SparkSession, table: Any) -> DataFrame:
    return spark.createDataFrame([], resources.contract(table).schema)


def plans(spark: SparkSession, *rows: tuple[int, str, float]) -> DataFrame:
    return spark.createDataFrame([(*row, WIDE) for row in rows], "round int, slice string, weight double, limit_share double")


def drawn(documents: DataFrame, weights: DataFrame, turn: Turn, tokens: int = 1_000, **frames: DataFrame) -> list[Any]:
    spark = documents.sparkSession
    rejects, before = frames.get("rejects", empty(spark, REJECTS)), frames.get("sample_plan", empty(spark, SAMPLE_PLAN))
    settings = RebalanceSettings(tokens=tokens, bytes_per_token=3.0)
    factors = frames.get("sample_weights", empty(spark, SAMPLE_WEIGHTS))
    given = {"settings": settings, "appraising": APPRAISING, "turn": turn, "seed": SEED}
    rows = rebalance(documents, rejects, before, weights, factors, frames.get("signal_event", events_frame(spark, [])), **given)
    return resources.contract(SAMPLE_PLAN).conform(rows).orderBy("pos").collect()


def ids(rows: list[Any]) -> list[tuple[bytes, int]]:
    return [(bytes(row["doc_id"]), row["copy"]) for row in rows]


def test_rows_follow_the_formula(spark: SparkSession) -> None:
    documents = corpus(spark)
    rows = drawn(documents, plans(spark, (1, "a", 0.2), (1, "b", 0.8), (1, "gone", 0.1), (2, "a", 1.0)), Turn("main", round=1))
    assert [row["pos"] for row in rows] == list(range(len(rows)))
    assert {(row["round"], row["arm"], row["epoch"], row["weight"]) for row in rows} == {(1, "plan", 0, 1.0)}

    law = "(shiftrightunsigned(xxhash64(doc_id, 11L), 12) + 0.5D) / 4503599627370496D"
    known = documents.select("doc_id", "slice", "n_bytes", "content_hash", "bucket", F.expr(law).alias("u")).collect()
    size = {name: sum(row["n_bytes"] for row in known if row["slice"] == name) for name in "ab"}
    pi = {"a": 0.2 * 3_000 / size["a"], "b": 0.8 * 3_000 / size["b"]}
    expected = Counter(
        {bytes(row["doc_id"]): math.floor(pi[row["slice"]]) + (row["u"] < pi[row["slice"]] % 1) for row in known},
    )
    assert Counter(bytes(row["doc_id"]) for row in rows) == +expected
    assert len(rows) == sum(expected.values())
    assert {(row["slice"], round(row["pi"], 12)) for row in rows} == {(name, round(value, 12)) for name, value in pi.items()}
    documents_by_id = {bytes(row["doc_id"]): row for row in known}
    for row in rows:
        document = documents_by_id[bytes(row["doc_id"])]
        assert (row["n_bytes"], row["content_hash"], row["bucket"]) == (
            document["n_bytes"],
            document["content_hash"],
            document["bucket"],
        )


def test_more_than_one_expected_copy_gives_each_document_its_whole_part(spark: SparkSession) -> None:
    documents = corpus(spark, 60)
    total = documents.agg(F.sum("n_bytes")).collect()[0][0]
    rows = drawn(documents, plans(spark, (1, "a", 0.5), (1, "b", 0.5)), Turn("main", round=1), tokens=round(total * 2.4 / 3))
    counts = Counter(bytes(row["doc_id"]) for row in rows)
    assert len(counts) == 60
    assert set(counts.values()) == {2, 3}
    assert sorted(ids(rows)) == sorted((doc, copy) for doc, count in counts.items() for copy in range(count))
    assert ids(rows) != sorted(ids(rows))


def scattered(rows: DataFrame, partitions: int) -> DataFrame:
    apart = rows.repartition(partitions, F.xxhash64("doc_id", F.lit(partitions)))
    return apart.sortWithinPartitions(F.xxhash64("n_bytes", "doc_id", F.lit(partitions)))


def test_the_plan_does_not_depend_on_partitions_or_order(spark: SparkSession) -> None:
    documents = hold(corpus(spark))
    weights = plans(spark, (1, "a", 0.4), (1, "b", 0.6))
    whole = drawn(documents.coalesce(1), weights, Turn("main", round=1))
    assert whole
    assert drawn(scattered(documents, 8), weights, Turn("main", round=1)) == whole
    uneven = hold(less_of(documents, "true", 1.0).withColumn("factor", F.expr("pmod(xxhash64(doc_id), 97) / 97.0D")))
    less = drawn(documents.coalesce(1), weights, Turn("main", round=1), sample_weights=uneven)
    for partitions in (2, 8, 64):
        assert drawn(scattered(documents, partitions), weights, Turn("main", round=1), sample_weights=uneven) == less

    rated = hold(documents.select("doc_id", "n_bytes", F.lit(0.7).alias("pi")))
    first = place_rows(draw(rated.coalesce(1), seed=SEED, round=1), seed=SEED).orderBy("pos").collect()
    for partitions in (2, 8, 64):
        again = place_rows(draw(scattered(rated, partitions), seed=SEED, round=1), seed=SEED)
        assert again.orderBy("pos").collect() == first


def test_arms_share_random_numbers_and_rounds_turn_them(spark: SparkSession) -> None:
    documents = corpus(spark)
    weights = plans(spark, (1, "a", 0.5), (1, "b", 0.5), (2, "a", 0.5))
    first = drawn(documents, weights, Turn("main", round=1))
    second = drawn(documents, weights, Turn("main", round=2))
    control = drawn(documents, weights, Turn("main", round=2, arm="control"))
    assert {row["slice"] for row in second} == {"a"}
    assert {row["slice"] for row in control} == {"a", "b"}
    assert {row["arm"] for row in control} == {"control"}
    assert ids(second) == ids([row for row in control if row["slice"] == "a"])
    assert first[0]["pi"] < 1 - GOLDEN
    assert not set(ids(first)) & set(ids(control))


def test_held_out_and_cut_documents_are_never_drawn(spark: SparkSession) -> None:
    documents = corpus(spark)
    held = documents.where("slice = 'a' AND n_bytes < 35").select(
        "doc_id", "content_hash", F.lit("heldout").alias("arm"), F.lit(0).alias("round")
    )
    cut = documents.where("slice = 'b' AND n_bytes < 35").select("doc_id", "batch", F.lit("dedupe").alias("step"))
    rows = drawn(
        documents, plans(spark, (1, "a", 0.5), (1, "b", 0.5)), Turn("main", round=1), tokens=20_000, rejects=cut, sample_plan=held
    )
    assert {row["slice"] for row in rows} == {"a", "b"}
    assert min(row["n_bytes"] for row in rows) >= 35
    assert len({bytes(row["doc_id"]) for row in rows}) == documents.where("n_bytes >= 35").count()


def test_no_plan_and_an_exhausted_plan_are_errors(spark: SparkSession) -> None:
    with pytest.raises(ResonanceError, match="rebalance: table plans has no round 3; run decide first"):
        drawn(corpus(spark, 4), plans(spark, (1, "a", 1.0)), Turn("main", round=3))
    with pytest.raises(ResonanceError, match="raise decide.max_exposures"):
        drawn(corpus(spark, 4), plans(spark, (1, "a", 0.0)), Turn("main", round=1))


def test_positions_are_the_rank_of_the_order_hash(spark: SparkSession) -> None:
    rows = corpus(spark, 3_000).select("doc_id", F.lit(0).alias("copy"))
    found = {bytes(row["doc_id"]): row["pos"] for row in place_rows(rows, seed=5).collect()}
    law = F.expr("xxhash64(doc_id, 0, 0, 5L, 'ord')").alias("h")
    ranked = sorted((row["h"], bytes(row["doc_id"])) for row in rows.select("doc_id", law).collect())
    assert found == {doc: pos for pos, (_, doc) in enumerate(ranked)}


def test_chances_are_exact_over_many_seeds(spark: SparkSession) -> None:
    seeds = 200
    documents = corpus(spark, 1_500).withColumn("pi", 0.05 + F.pmod("bucket", F.lit(97)) / 40)
    columns = [copies(seed=seed, round=1 + seed % 3) for seed in range(seeds)]
    rows = documents.select("pi", F.array(*columns).alias("copies")).collect()
    pi, counts = np.array([row["pi"] for row in rows]), np.array([row["copies"] for row in rows])
    chance = pi - np.floor(pi)
    assert np.isin(counts - np.floor(pi)[:, None], (0, 1)).all()
    spread = np.sqrt((chance * (1 - chance)).sum())
    z = (counts.sum(axis=0) - pi.sum()) / spread
    assert np.abs(z).max() < 4
    assert stats.kstest(z, "norm").pvalue > 0.01
    random = (chance > 0) & (chance < 1)
    of_documents = (counts[random].sum(axis=1) - seeds * pi[random]) / np.sqrt(seeds * chance[random] * (1 - chance[random]))
    assert 0.001 < stats.chi2.cdf((of_documents**2).sum(), random.sum()) < 0.999


def test_totals_come_back_unbiased_from_any_draw(spark: SparkSession) -> None:
    """Horvitz and Thompson 1952: the sum of values over chances, whatever the chances follow."""
    seeds = 200
    size = F.col("n_bytes") * F.col("n_bytes")
    documents = corpus(spark, 1_500).withColumns({"pi": 0.05 + F.pmod("bucket", F.lit(97)) / 40, "y": size})
    rows = documents.select("pi", "y", F.array(*(copies(seed=seed, round=1) for seed in range(seeds))).alias("copies")).collect()
    pi, y, counts = (np.array([row[name] for row in rows], float) for name in ("pi", "y", "copies"))
    chance = pi - np.floor(pi)
    spread = np.sqrt((y**2 * chance * (1 - chance) / pi**2).sum())
    z = ((counts * (y / pi)[:, None]).sum(axis=0) - y.sum()) / spread
    assert abs(z.mean()) < 4 / np.sqrt(seeds)
    assert 0.8 < z.std() < 1.2


def test_a_fixed_draw_has_as_many_of_each_slice_and_exact_chances(spark: SparkSession) -> None:
    share = F.when(F.col("slice") == "a", 0.3).otherwise(1.6)
    documents = hold(corpus(spark, 301).select("doc_id", "slice", "n_bytes", share.alias("pi")))
    y = {bytes(row["doc_id"]): row["n_bytes"] for row in documents.collect()}
    seeds, estimates, drawn_once = 40, [], Counter()
    for seed in range(seeds):
        rows = draw_fixed(documents, seed=seed, round=1).collect()
        assert Counter(row["slice"] for row in rows) == {"a": 45, "b": 240}
        assert {(row["slice"], row["pi"]) for row in rows} == {("a", 45 / 151), ("b", 1.6)}
        estimates.append(sum(y[bytes(row["doc_id"])] / row["pi"] for row in rows))
        drawn_once.update(bytes(row["doc_id"]) for row in rows if row["slice"] == "a")
    values = {name: np.array([r["n_bytes"] for r in documents.where(f"slice = '{name}'").collect()], float) for name in "ab"}
    spread = np.sqrt(
        151**2 * (1 - 45 / 151) * values["a"].var(ddof=1) / 45 + (90 / 1.6**2) * (1 - 90 / 150) * values["b"].var(ddof=1)
    )
    z = (np.array(estimates) - sum(y.values())) / spread
    assert abs(z.mean()) < 4 / np.sqrt(seeds)
    assert 0.6 < z.std() < 1.4
    chance = 45 / 151
    seen = np.array([drawn_once[bytes(row["doc_id"])] for row in documents.where("slice = 'a'").collect()])
    apart = ((seen - seeds * chance) ** 2).sum() / (seeds * chance * (1 - chance))
    assert 0.001 < stats.chi2.cdf(apart, 150) < 0.999


@pytest.mark.parametrize("partitions", [2, 8, 64])
def test_a_fixed_draw_does_not_depend_on_partitions(spark: SparkSession, partitions: int) -> None:
    rated = hold(corpus(spark).select("doc_id", "slice", "n_bytes", F.lit(0.37).alias("pi")))
    rows = [draw_fixed(each, seed=SEED, round=2).collect() for each in (rated.coalesce(1), scattered(rated, partitions))]
    assert sorted(map(tuple, rows[0])) == sorted(map(tuple, rows[1]))


def test_a_fixed_draw_goes_by_the_plan(spark: SparkSession) -> None:
    documents = corpus(spark)
    weights = plans(spark, (1, "a", 0.2), (1, "b", 0.8))
    settings = RebalanceSettings(tokens=1_000, bytes_per_token=3.0, sampler="fixed")
    more = (weights, empty(spark, SAMPLE_WEIGHTS), events_frame(spark, []))
    frames = (documents, empty(spark, REJECTS), empty(spark, SAMPLE_PLAN), *more)
    given = {"settings": settings, "appraising": APPRAISING, "turn": Turn("main", 1), "seed": SEED}
    rows = resources.contract(SAMPLE_PLAN).conform(rebalance(*frames, **given)).collect()
    poisson = drawn(documents, weights, Turn("main", round=1))
    expected = {row["slice"]: row["pi"] for row in poisson}
    assert Counter(row["slice"] for row in rows) == {name: round(200 * pi) for name, pi in expected.items()}
    assert sorted(row["pos"] for row in rows) == list(range(len(rows)))


def test_epochs_pass_over_one_draw_in_orders_of_their_own(spark: SparkSession) -> None:
    documents, weights = corpus(spark), plans(spark, (1, "a", 0.5), (1, "b", 0.5))
    settings = RebalanceSettings(tokens=3_000, bytes_per_token=3.0, epochs=3)
    more = (weights, empty(spark, SAMPLE_WEIGHTS), events_frame(spark, []))
    frames = (documents, empty(spark, REJECTS), empty(spark, SAMPLE_PLAN), *more)
    given = {"settings": settings, "appraising": APPRAISING, "turn": Turn("main", 1), "seed": SEED}
    rows = resources.contract(SAMPLE_PLAN).conform(rebalance(*frames, **given)).collect()
    passes = [[row for row in sorted(rows, key=lambda row: row["pos"]) if row["epoch"] == epoch] for epoch in range(3)]
    once = drawn(documents, weights, Turn("main", round=1))
    assert ids(passes[0]) == ids(once)
    for one in passes:
        assert [row["pos"] for row in one] == list(range(len(once)))
        assert sorted(ids(one)) == sorted(ids(once))
    assert ids(passes[1]) != ids(passes[0])
    assert ids(passes[2]) not in (ids(passes[0]), ids(passes[1]))
    assert {row["pi"] for row in rows} == {row["pi"] for row in once}


def less_of(documents: DataFrame, where: str, factor: float, round: int = 1) -> DataFrame:
    chosen = documents.where(where).select("doc_id", "content_hash")
    return chosen.withColumns({"round": F.lit(round), "factor": F.lit(factor)})


def test_a_document_with_a_factor_is_drawn_less_and_the_others_make_up_for_it(spark: SparkSession) -> None:
    documents = corpus(spark)
    weights = plans(spark, (1, "a", 0.4), (1, "b", 0.6))
    less = less_of(documents, "slice = 'a' AND n_bytes < 30", 0.25)
    known = documents.select("slice", "n_bytes").collect()
    whole = sum(row["n_bytes"] for row in known if row["slice"] == "a")
    spared = 0.75 * sum(row["n_bytes"] for row in known if row["slice"] == "a" and row["n_bytes"] < 30)
    rows = drawn(documents, weights, Turn("main", round=1), sample_weights=less)
    rate = 0.4 * 3_000 / (whole - spared)
    for row in rows:
        if row["slice"] == "a":
            assert row["pi"] == pytest.approx(rate * (0.25 if row["n_bytes"] < 30 else 1.0))
    plain = {row["slice"]: row["pi"] for row in drawn(documents, weights, Turn("main", round=1))}
    assert {row["pi"] for row in rows if row["slice"] == "b"} == {plain["b"]}
    for turn in (Turn("main", round=1, arm="control"), Turn("main", round=1)):
        other = less if turn.arm == "control" else less_of(documents, "true", 0.25, round=2)
        assert {row["slice"]: row["pi"] for row in drawn(documents, weights, turn, sample_weights=other)} == plain


def test_no_document_is_drawn_beyond_the_repeat_limit(spark: SparkSession) -> None:
    documents = corpus(spark)
    whole = documents.where("slice = 'a'").agg(F.sum("n_bytes")).collect()[0][0]
    tight = spark.createDataFrame([(1, "a", 0.5, 0.6)], "round int, slice string, weight double, limit_share double")
    less = less_of(documents, "slice = 'a' AND n_bytes < 45", 0.0)
    rows = drawn(documents, tight, Turn("main", round=1), sample_weights=less)
    assert {row["n_bytes"] < 45 for row in rows} == {False}
    assert [row["pi"] for row in rows] == pytest.approx([0.6 * 3_000 / whole] * len(rows))


def test_candidates_are_what_a_larger_draw_would_take_and_the_plan_draws_among_them(spark: SparkSession) -> None:
    documents = hold(corpus(spark))
    weights = plans(spark, (1, "a", 0.4), (1, "b", 0.6))
    rows = drawn(documents, weights, Turn("main", round=1, arm="candidates"))
    assert {(row["arm"], row["copy"], row["epoch"]) for row in rows} == {("candidates", 0, 0)}
    assert ids(rows) == ids(
        drawn(documents, weights, Turn("main", round=1, arm="candidates"), sample_weights=less_of(documents, "true", 0.5))
    )
    larger = drawn(documents, weights, Turn("main", round=1), tokens=1_500)
    assert {doc for doc, _ in ids(rows)} == {doc for doc, _ in ids(larger)}

    conform = resources.contract(SAMPLE_PLAN).conform
    read = spark.createDataFrame(rows, conform(empty(spark, SAMPLE_PLAN)).schema)
    junk = {bytes(row["doc_id"]) for row in rows if row["n_bytes"] % 7 == 0}
    less = less_of(read, "n_bytes % 7 = 0", 0.1)
    plan = drawn(documents, weights, Turn("main", round=1), sample_plan=read, sample_weights=less)
    assert {doc for doc, _ in ids(plan)} <= {doc for doc, _ in ids(rows)}
    size = {name: sum(row["n_bytes"] for row in documents.where(f"slice = '{name}'").collect()) for name in "ab"}
    for name, share in (("a", 0.4), ("b", 0.6)):
        mine = [row for row in rows if row["slice"] == name]
        counted = sum(row["n_bytes"] * (0.1 if bytes(row["doc_id"]) in junk else 1.0) for row in mine)
        rate = share * 3_000 / size[name] * min(sum(row["n_bytes"] for row in mine) / counted, APPRAISING.reach)
        found = {bytes(row["doc_id"]): row["pi"] for row in plan if row["slice"] == name}
        assert found == {doc: pytest.approx(rate * (0.1 if doc in junk else 1.0)) for doc in found}


def plan_after_reading(spark: SparkSession, documents: DataFrame, tokens: int, factor: float) -> tuple[list[Any], set[bytes]]:
    """The plan's draw where every second candidate counts for ``factor``, and the ids of the candidates."""
    weights = plans(spark, (1, "a", 1.0))
    rows = drawn(documents, weights, Turn("main", round=1, arm="candidates"), tokens=tokens)
    conform = resources.contract(SAMPLE_PLAN).conform
    read = spark.createDataFrame(rows, conform(empty(spark, SAMPLE_PLAN)).schema)
    less = less_of(read, "n_bytes % 2 = 0", factor)
    plan = drawn(documents, weights, Turn("main", round=1), tokens=tokens, sample_plan=read, sample_weights=less)
    return plan, {doc for doc, _ in ids(rows)}


def test_where_candidates_do_not_count_for_enough_the_plan_goes_on_to_documents_that_were_not_read(spark: SparkSession) -> None:
    documents = hold(corpus(spark, 3_000))
    size = {bytes(row["doc_id"]): row["n_bytes"] for row in documents.where("slice = 'a'").collect()}
    tokens = round(sum(size.values()) * 0.3 / 3)
    plan, read = plan_after_reading(spark, documents, tokens, 0.1)
    found = {doc for doc, _ in ids(plan)}
    sound = {doc for doc in read if size[doc] % 2 == 1}
    assert sound <= found, "first come all candidates at full rate"
    assert found - read, "then documents that were not read"
    assert sum(row["n_bytes"] for row in plan) == pytest.approx(3 * tokens, rel=0.1)
    rates = [{row["pi"] for row in plan if bytes(row["doc_id"]) in chosen} for chosen in (sound, found - read)]
    assert rates[0] == rates[1]
    assert len(rates[0]) == 1


def test_where_all_was_read_and_little_counts_sound_documents_are_drawn_more_often(spark: SparkSession) -> None:
    documents = hold(corpus(spark, 600))
    size = {bytes(row["doc_id"]): row["n_bytes"] for row in documents.where("slice = 'a'").collect()}
    tokens = round(sum(size.values()) * 0.9 / 3)
    plan, read = plan_after_reading(spark, documents, tokens, 0.1)
    assert read == set(size)
    assert sum(row["n_bytes"] for row in plan) == pytest.approx(3 * tokens, rel=0.1)
    assert max(row["copy"] for row in plan if row["n_bytes"] % 2 == 1) == 1
    assert max(row["copy"] for row in plan if row["n_bytes"] % 2 == 0) == 0


def test_the_control_arm_has_the_bytes_of_the_plan_where_no_token_was_counted(spark: SparkSession) -> None:
    documents = hold(corpus(spark))
    weights = plans(spark, (1, "a", 0.5), (1, "b", 0.5), (2, "a", 0.9), (2, "b", 0.1))
    plan = drawn(documents, weights, Turn("main", round=2))
    conform = resources.contract(SAMPLE_PLAN).conform
    held = spark.createDataFrame(plan, conform(empty(spark, SAMPLE_PLAN)).schema)
    control = drawn(documents, weights, Turn("main", round=2, arm="control"), sample_plan=held)
    assert [row["pos"] for row in control] == list(range(len(control)))
    assert abs(sum(row["n_bytes"] for row in control) - sum(row["n_bytes"] for row in plan)) <= 50 + len(plan)
