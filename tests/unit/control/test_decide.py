"""The job of the plan: what it reads from tables, and what it writes over three rounds."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.control.decide import decide_plan, limits
from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.settings import DecideSettings, RebalanceSettings
from resonance.core.table import Table
from resonance.core.weighting import AboveMean, ByQuality, DoReMi, Resonance, Uniform, Weighting
from resonance.runtime import resources
from resonance.tables import EVALUATIONS, PLANS, SLICE_EXCESS, SLICE_STATE, VERDICTS
from resonance.testing import documents_frame, hold


def empty(spark: SparkSession, table: Table) -> DataFrame:
    return spark.createDataFrame([], resources.contract(table).schema)


def scored(spark: SparkSession, *rows: tuple[int, str, str, float]) -> DataFrame:
    return spark.createDataFrame(list(rows), "round int, arm string, slice string, bpb double")


def by_slice(rows: DataFrame) -> dict[str, Any]:
    return {row["slice"]: row for row in rows.collect()}


@pytest.fixture(scope="module")
def documents(spark: SparkSession) -> DataFrame:
    """Slices a and b with 10 texts of 100 bytes, c with one of 100 that may be drawn; one of c is cut, one held out."""
    rows = [(f"{name}{index}", name, "x" * 100) for name in "ab" for index in range(10)]
    rows += [("c0", "c", "x" * 100), ("cut", "c", "x" * 1000), ("held", "c", "x" * 1000)]
    return hold(documents_frame(spark, rows))


ABOVE_MEAN = DecideSettings(weighting=Weighting(name="above_mean", version=1, parameters=AboveMean()))
DOREMI = DecideSettings(weighting=Weighting(name="doremi", version=1, parameters=DoReMi()))
BY_QUALITY = DecideSettings(weighting=Weighting(name="by_quality", version=1, parameters=ByQuality(group=6, power=2, smoothing=0)))
UNIFORM = DecideSettings(weighting=Weighting(name="uniform", version=1, parameters=Uniform()))


def planned(
    documents: DataFrame,
    plans: DataFrame,
    state: DataFrame,
    round: int,
    settings: DecideSettings = ABOVE_MEAN,
    excess: DataFrame | None = None,
    quality: DataFrame | None = None,
    verdicts: DataFrame | None = None,
) -> DataFrame:
    rejects = documents.where("source_key = 'cut'").select("doc_id", "batch", F.lit("dedupe").alias("step"))
    marks = {"arm": F.lit("heldout"), "round": F.lit(0), "epoch": F.lit(0), "pi": F.lit(1.0)}
    held = documents.where("source_key = 'held'").select("doc_id", "slice").withColumns(marks)
    drawing = RebalanceSettings(tokens=1_000, bytes_per_token=2.0)
    rows = decide_plan(
        plans,
        state,
        empty(documents.sparkSession, SLICE_EXCESS) if excess is None else excess,
        empty(documents.sparkSession, EVALUATIONS),
        documents,
        rejects,
        held,
        {} if quality is None else {"quality_metric": quality},
        empty(documents.sparkSession, VERDICTS) if verdicts is None else verdicts,
        settings=settings,
        drawing=drawing,
        turn=Turn("main", round=round),
    )
    return hold(resources.contract(PLANS).conform(rows))


def test_three_rounds(spark: SparkSession, documents: DataFrame) -> None:
    first = planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 1)
    found = by_slice(first)
    # 2,000 bytes a round; a and b hold 1,000 each, c 100, drawn 4 times at most: shares of 2, 2 and 0.2.
    assert {name: row["limit_share"] for name, row in found.items()} == pytest.approx({"a": 2.0, "b": 2.0, "c": 0.2})
    assert {name: row["weight"] for name, row in found.items()} == pytest.approx({"a": 0.4, "b": 0.4, "c": 0.2})
    assert {row["proposed"] for row in found.values()} == {1 / 3}
    assert all(row["weight"] == row["prior"] == row["previous"] for row in found.values())
    assert {(row["round"], row["bpb"], row["mean_bpb"], row["policy"]) for row in found.values()} == {
        (1, None, None, "above_mean@1")
    }

    state = scored(spark, (1, "plan", "a", 1.0), (1, "plan", "b", 3.0), (1, "control", "a", 9.0), (2, "plan", "a", 9.0))
    second = planned(documents, first, state, 2)
    found = by_slice(second)
    assert found["c"]["weight"] == 0.0
    assert "nothing is left within 4 draws" in found["c"]["reason"]
    assert found["a"]["limit_share"] == pytest.approx(1.6)
    assert {name: row["previous"] for name, row in found.items()} == pytest.approx({"a": 0.4, "b": 0.4, "c": 0.2})
    assert found["a"]["weight"] + found["b"]["weight"] == pytest.approx(1.0)
    assert found["b"]["weight"] > 1.5 * found["a"]["weight"]
    assert (found["b"]["bpb"], found["b"]["mean_bpb"], found["c"]["bpb"]) == (3.0, 2.0, None)
    assert {row["round"] for row in found.values()} == {2}

    third = by_slice(planned(documents, first.unionByName(second), scored(spark), 3))
    assert third["a"]["weight"] == pytest.approx(found["a"]["weight"])
    assert third["a"]["prior"] == pytest.approx(0.4)
    assert third["b"]["limit_share"] == pytest.approx(2.0 - 0.4 - found["b"]["weight"])
    assert third["b"]["reason"].startswith("too few of its documents were scored: ")


def test_documents_that_a_round_drew_at_a_higher_rate_have_that_much_less_left() -> None:
    past = [Row(round=1, slice="a", weight=0.5), Row(round=1, slice="b", weight=0.5)]
    # 1,000 bytes a slice, 2,000 a round: half of a round draws each document once, and 4 draws are 2 rounds' worth.
    assert limits({"a": 1_000, "b": 1_000}, past, 4.0, 2_000) == pytest.approx({"a": 1.5, "b": 1.5})
    # Where documents of a were drawn 1.2 times, since others of a were drawn less, 2.8 draws are left of them.
    assert limits({"a": 1_000, "b": 1_000}, past, 4.0, 2_000, {(1, "a"): 1.2, (1, "b"): 1.0}) == pytest.approx({"a": 1.4, "b": 1.5})


def test_slices_that_come_and_go(spark: SparkSession, documents: DataFrame) -> None:
    last = spark.createDataFrame(
        [(1, "a", 0.5, 0.5), (1, "gone", 0.5, 0.5)], "round int, slice string, weight double, prior double"
    )
    found = by_slice(planned(documents, last, scored(spark, (1, "plan", "a", 1.0), (1, "plan", "gone", 1.5)), 2))
    assert set(found) == {"a", "b", "c", "gone"}
    assert (found["gone"]["weight"], found["gone"]["limit_share"]) == (0.0, 0.0)
    assert found["b"]["prior"] == found["b"]["previous"] == 0.25
    assert found["c"]["prior"] == pytest.approx(0.2)
    assert sum(row["weight"] for row in found.values()) == pytest.approx(1.0)


def test_by_quality_reads_the_scores_of_slices_of_the_round_before(spark: SparkSession, documents: DataFrame) -> None:
    columns = "dataset string, round int, stratum string, level string, number int, score double"
    rows = [
        ("documents", 1, '{"slice": "a"}', "group", 6, 0.5),
        ("documents", 1, '{"slice": "b"}', "group", 6, 1.0),
        ("documents", 1, '{"slice": "c"}', "group", 6, None),
        ("documents", 1, "{}", "group", 6, 0.7),
        ("documents", 1, '{"slice": "a"}', "group", 5, 0.9),
        ("documents", 1, '{"slice": "a"}', "total", 0, 0.9),
        ("documents", 2, '{"slice": "a"}', "group", 6, 0.9),
        ("elsewhere", 1, '{"slice": "a"}', "group", 6, 0.9),
    ]
    quality = spark.createDataFrame(rows, columns)
    first = planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 1, BY_QUALITY, quality=quality)
    assert [row["weight"] for row in first.collect()] == pytest.approx([0.4, 0.4, 0.2])
    found = by_slice(planned(documents, first, empty(spark, SLICE_STATE), 2, BY_QUALITY, quality=quality))
    # c keeps what is left of it, nothing; a and b have equal priors and share all by .25 to 1, within a factor of 2 a round.
    assert (found["a"]["weight"], found["b"]["weight"], found["c"]["weight"]) == pytest.approx((0.2, 0.8, 0.0))
    assert found["b"]["reason"].startswith("quality 1.000, mean 0.750: asked for ")
    assert found["b"]["cost"].startswith("reads quality_metric.score; costs no model and no forward pass")
    with pytest.raises(ResonanceError, match="^decide: weighting by_quality@1 reads scores of slices, of which round 1 has none; "):
        planned(documents, first, empty(spark, SLICE_STATE), 2, BY_QUALITY, quality=quality.where("stratum = '{}'"))


def test_doremi_reads_the_excess_of_the_round_before_and_names_who_computes_it(spark: SparkSession, documents: DataFrame) -> None:
    first = planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 1, DOREMI)
    none = spark.createDataFrame([(2, "a", 1.0)], "round int, slice string, excess double")
    with pytest.raises(ResonanceError, match="^decide: weighting doremi@1 reads table slice_excess, which has no row of round 1; "):
        planned(documents, first, empty(spark, SLICE_STATE), 2, DOREMI, none)
    excess = spark.createDataFrame([(1, "a", 0.0), (1, "b", 0.5), (2, "a", 9.0)], "round int, slice string, excess double")
    found = by_slice(planned(documents, first, scored(spark, (1, "plan", "a", 9.0)), 2, DOREMI, excess))
    # exp(0.5) to one, and 1 % spread evenly; c has used up its draws.
    share = 0.99 * 1.648721 / 2.648721 + 0.005
    assert (found["b"]["weight"], found["a"]["weight"], found["c"]["weight"]) == pytest.approx((share, 1 - share, 0.0), abs=1e-6)
    assert found["b"]["reason"].startswith("0.50 bits per byte above reference models: asked for ")
    assert {(row["bpb"], row["mean_bpb"]) for row in found.values()} == {(None, None)}, "it looks at no losses"
    assert {row["cost"] for row in found.values()} == {DOREMI.weighting.cost}


def test_ours_follows_what_is_certain_of_progress_where_it_takes_steps(spark: SparkSession, documents: DataFrame) -> None:
    stepping = DecideSettings(weighting=Weighting(name="resonance", version=1, parameters=Resonance(step=1.0)))
    first = planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 1, stepping)
    rows = [(1, "plan", "a", 2.0, 0.1, 0.2), (1, "plan", "b", 2.0, 0.5, 0.1), (1, "plan", "c", 2.0, None, None)]
    rows.append((1, "control", "a", 2.0, 9.0, 0.0))
    states = spark.createDataFrame(rows, "round int, arm string, slice string, bpb double, progress double, progress_error double")
    found = by_slice(planned(documents, first, states, 2, stepping))
    # Of a nothing is certain, of b 0.5 - 1.645 * 0.1; 1 % is spread evenly, and c has used up its draws.
    factor = math.exp(0.5 - 1.645 * 0.1)
    share = 0.99 * factor / (1 + factor) + 0.005
    assert (found["b"]["weight"], found["a"]["weight"], found["c"]["weight"]) == pytest.approx((share, 1 - share, 0.0), abs=1e-6)
    assert found["b"]["reason"].startswith("the round made new texts of it 0.34 bits per byte easier for certain: asked for ")
    assert found["a"]["reason"].startswith("no progress on new texts of it that is certain: ")


def test_uniform_draws_by_the_text_at_hand_in_every_round(spark: SparkSession, documents: DataFrame) -> None:
    first = planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 1, UNIFORM)
    found = by_slice(first)
    assert {name: row["weight"] for name, row in found.items()} == pytest.approx({"a": 10 / 21, "b": 10 / 21, "c": 1 / 21})
    assert found["c"]["prior"] == pytest.approx(0.2)
    assert found["a"]["reason"] == "share of all text at hand"
    second = by_slice(planned(documents, first, scored(spark, (1, "plan", "a", 1.0), (1, "plan", "b", 3.0)), 2, UNIFORM))
    assert {name: row["weight"] for name, row in second.items()} == pytest.approx({"a": 10 / 21, "b": 10 / 21, "c": 1 / 21})
    assert {row["bpb"] for row in second.values()} == {None}


def test_stratified_is_the_default_and_asks_for_the_same_in_every_round(spark: SparkSession, documents: DataFrame) -> None:
    first = planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 1, DecideSettings())
    second = by_slice(planned(documents, first, scored(spark, (1, "plan", "a", 1.0), (1, "plan", "b", 3.0)), 2, DecideSettings()))
    assert {row["policy"] for row in second.values()} == {"stratified@1"}
    assert {name: row["weight"] for name, row in second.items()} == pytest.approx({"a": 0.5, "b": 0.5, "c": 0.0})
    assert second["c"]["reason"] == (
        "an equal share of 3 slices would be 33.33%: nothing is left within 4 draws of a document over all rounds"
    )


def test_an_empty_pool_and_a_missing_round_are_errors(spark: SparkSession, documents: DataFrame) -> None:
    with pytest.raises(ResonanceError, match="decide: no document is left to draw"):
        planned(documents.limit(0), empty(spark, PLANS), empty(spark, SLICE_STATE), 1)
    with pytest.raises(ResonanceError, match="decide: table plans has no round 2; run decide for that round first"):
        planned(documents, empty(spark, PLANS), empty(spark, SLICE_STATE), 3)


def plans_of(**weights: list[float]) -> list[Row]:
    return [
        Row(round=number, slice=name, weight=weight) for name, of in weights.items() for number, weight in enumerate(of, start=1)
    ]


def test_the_exposure_limit_before_any_draw_is_what_a_slice_holds_over_what_a_round_draws() -> None:
    # 4 draws of 1,000 bytes are two rounds of 2,000, those of 100 a fifth of one.
    assert limits({"b": 100, "a": 1_000}, [], 4.0, 2_000.0) == {"a": 2.0, "b": 0.2}
    assert limits({"a": 1_000}, [], 1.0, 2_000.0) == {"a": 0.5}


def test_each_past_round_uses_up_its_weight() -> None:
    past = plans_of(a=[0.5, 0.25], b=[0.5, 0.75])
    assert limits({"a": 1_000, "b": 1_000}, past[:1], 4.0, 2_000.0) == {"a": 1.5, "b": 2.0}
    assert limits({"a": 1_000, "b": 1_000}, past, 4.0, 2_000.0) == {"a": 1.25, "b": 0.75}


def test_a_slice_that_was_drawn_more_than_it_may_or_that_holds_nothing_gets_zero() -> None:
    past = plans_of(shrunk=[0.5, 0.5], gone=[0.25], spent=[0.125, 0.125])
    # shrunk: 4 draws of 100 bytes are 0.2 of a round, of which 1 is gone; spent: 4 of 125 bytes are exactly what was drawn.
    assert limits({"shrunk": 100, "spent": 125}, past, 4.0, 2_000.0) == {"gone": 0.0, "shrunk": 0.0, "spent": 0.0}
