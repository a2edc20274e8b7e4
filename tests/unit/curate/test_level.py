"""The control arm is as long as the plan, to within half a document of each slice, in tokens as they are known."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Turn
from resonance.curate.draw import draw
from resonance.curate.level import find_targets, level_draw
from resonance.testing import events_frame, hold

TURN = Turn("main", round=2)
BY_DEFAULT = 0.25
HALVES = 2 * 240 * BY_DEFAULT / 2
"""Tokens of half the longest document of each slice."""
EQUAL = {"a": 1.0, "b": 1.0}


def corpus(spark: SparkSession, count: int = 600) -> DataFrame:
    """Documents of slices a (even) and b (odd) with 40 to 240 bytes each, which are drawn once or twice."""
    identity = F.unhex(F.substring(F.sha2(F.col("id").cast("string"), 256), 1, 32))
    slice_ = F.when(F.col("id") % 2 == 0, "a").otherwise("b")
    size = (40 + F.pmod(F.xxhash64("id"), F.lit(201))).cast("int")
    rows = spark.range(count).select(identity.alias("doc_id"), slice_.alias("slice"), size.alias("n_bytes"))
    return hold(rows.withColumn("pi", F.lit(1.3)))


def events(documents: DataFrame, tokens_per_byte: float, **marks: Any) -> list[dict[str, Any]]:
    """One event for each document, with so many tokens for each byte."""
    given = {"phase": "appraise", "round": 2, "loss_sum": 1.0, "n_bytes": 100, "n_tok": round(100 * tokens_per_byte), **marks}
    rows = enumerate(documents.collect())
    return [{"doc": int.from_bytes(row.doc_id, "big"), "bucket": 1, "pos": at, "slice": row.slice} | given for at, row in rows]


def level(
    documents: DataFrame, plan: DataFrame, known: DataFrame, most: float = math.inf, ratios: dict[str, float] | None = None
) -> list[Any]:
    def draw_more(more: float) -> DataFrame:
        return draw(documents.withColumn("pi", F.least(F.col("pi") * more, F.lit(most))), seed=3, round=2)

    return level_draw(draw_more, plan, ratios or EQUAL, known, turn=TURN, tokens_per_byte=BY_DEFAULT, seed=3).collect()


def count(rows: list[Any], tokens_per_byte: float = BY_DEFAULT) -> float:
    return sum(math.floor(row.n_bytes * tokens_per_byte + 0.5) for row in rows)


def pick(documents: DataFrame, share: float) -> DataFrame:
    return hold(documents.where(F.col("n_bytes") < 40 + 201 * share))


@pytest.mark.parametrize("share", [0.2, 0.7, 0.95])
def test_a_draw_is_cut_or_made_longer_until_it_has_the_tokens_of_the_plan(spark: SparkSession, share: float) -> None:
    documents = corpus(spark)
    plan, nothing = pick(documents, share), events_frame(spark, [])
    rows = level(documents, plan, nothing)
    assert abs(count(rows) - count(plan.collect())) <= HALVES
    copies = Counter(bytes(row.doc_id) for row in rows)
    assert {(bytes(row.doc_id), row.copy) for row in rows} == {(doc, copy) for doc, n in copies.items() for copy in range(n)}
    parts = {name: sum(row.n_bytes for row in rows if row.slice == name) / sum(row.n_bytes for row in rows) for name in "ab"}
    assert parts["a"] == pytest.approx(0.5, abs=0.15), "every slice loses the same part"
    again = [level(documents.repartition(7), plan, nothing), level(documents.coalesce(1), plan, nothing)]
    assert [{bytes(row.doc_id) for row in one} for one in again] == [{bytes(row.doc_id) for row in rows}] * 2


@pytest.mark.parametrize("ratio", [1.0, 0.25])
def test_slices_get_as_many_tokens_as_in_the_plan_by_the_ratio_of_weights(spark: SparkSession, ratio: float) -> None:
    documents = corpus(spark)
    plan = hold(documents.where("slice = 'b' AND n_bytes < 200 OR n_bytes < 80"))
    rows = level(documents, plan, events_frame(spark, []), ratios={"a": ratio, "b": 1.0})
    planned = {name: count(plan.where(f"slice = '{name}'").collect()) for name in "ab"}
    found = {name: count([row for row in rows if row.slice == name]) for name in "ab"}
    assert abs(sum(found.values()) - sum(planned.values())) <= HALVES
    targets = find_targets(planned, planned, {"a": ratio, "b": 1.0})
    assert all(abs(found[name] - targets[name]) <= 2 * 240 * BY_DEFAULT for name in "ab"), "to about a document"


def test_a_slice_that_the_plan_has_nothing_of_keeps_its_part() -> None:
    assert find_targets({"a": 300}, {"a": 100, "b": 100}, {"a": 1.0}) == {"a": 225.0, "b": 75.0}
    assert find_targets({"a": 300, "c": 100}, {"a": 100}, {"a": 0.5, "c": 9.0}) == {"a": 400.0}


def test_the_part_that_is_left_out_lowers_the_expected_copies(spark: SparkSession) -> None:
    documents = corpus(spark)
    plan = pick(documents, 0.5)
    rows = level(documents, plan, events_frame(spark, []))
    drawn = draw(documents, seed=3, round=2).collect()
    for name in "ab":
        whole, kept = (count([row for row in one if row.slice == name]) for one in (drawn, rows))
        (pi,) = {row.pi for row in rows if row.slice == name}
        assert pi == pytest.approx(1.3 * kept / whole, rel=0.02)


def test_tokens_are_those_of_a_documents_last_events_or_else_of_its_slice(spark: SparkSession) -> None:
    documents = corpus(spark)
    a, b = (documents.where(f"slice = '{name}'") for name in "ab")
    plan = hold(a.where("n_bytes < 120"))
    known = events(a.where("n_bytes < 120"), 0.5) + events(b.where("n_bytes < 60"), 0.1, round=1, phase="train")
    ignored = events(b, 0.9, round=1, phase="heldout") + events(b, 0.9, round=1, phase="train", arm="control")
    rows = level(documents, plan, events_frame(spark, known + ignored))
    found = count([row for row in rows if row.slice == "a"], 0.5) + count([row for row in rows if row.slice == "b"], 0.1)
    assert abs(found - count(plan.collect(), 0.5)) <= 2 * HALVES


def test_a_draw_that_cannot_be_longer_stays_as_long_as_it_can(spark: SparkSession) -> None:
    documents = corpus(spark)
    everything = level(documents, hold(documents), events_frame(spark, []), most=0.8)
    assert len(everything) == draw(documents.withColumn("pi", F.lit(0.8)), seed=3, round=2).count()


def test_without_a_plan_the_draw_stays(spark: SparkSession) -> None:
    documents = corpus(spark)
    rows = level(documents, documents.where("false"), events_frame(spark, []))
    assert rows == draw(documents, seed=3, round=2).collect()
    assert rows[0].asDict().keys() == {"doc_id", "slice", "n_bytes", "pi", "copy"}
