"""A plan that measured worse than its control arm is not continued: on tables made here, with a weighting that harms on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from resonance.control.decide import decide_plan
from resonance.control.safeguard import find_harm
from resonance.core.job import Turn
from resonance.core.settings import DecideSettings, RebalanceSettings
from resonance.core.weighting import AboveMean, Weighting
from resonance.runtime import resources
from resonance.tables import EVALUATIONS, PLANS, REJECTS, SAMPLE_PLAN, SLICE_EXCESS, SLICE_STATE, VERDICTS
from resonance.testing import documents_frame, hold

PLANTED = DecideSettings(weighting=Weighting(name="planted", version=1, parameters=AboveMean(temperature=0.1)))
"""Draws what is hardest, which here is junk."""
TEXT, JUNK = 2.0, 8.0
"""Bits per byte."""


def measured(round: int, delta: float | None, low: float | None = None, high: float | None = None, n_docs: int = 50) -> Row:
    return Row(round=round, n_compared=n_docs, delta=delta, delta_low=low, delta_high=high)


WORSE, BETTER, UNCLEAR = (0.02, 0.01, 0.03), (-0.02, -0.03, -0.01), (0.01, -0.01, 0.03)


@pytest.mark.parametrize(
    ("rows", "round", "haven"),
    [
        ([measured(2, *WORSE)], 2, 1),
        ([measured(2, *BETTER), measured(3, *WORSE)], 3, 2),
        ([measured(2, *WORSE), measured(3, *WORSE)], 3, 1),
        ([measured(2, *UNCLEAR), measured(3, *WORSE)], 3, 2),
        ([measured(1, None), measured(2, None), measured(3, *WORSE)], 3, 2),
        ([measured(2, *WORSE), measured(3, *UNCLEAR)], 3, None),
        ([measured(2, *UNCLEAR)], 2, None),
        ([measured(2, 0.02, 0.0, 0.03)], 2, None),
        ([measured(2, *WORSE, n_docs=4)], 2, None),
        ([measured(2, 0.02)], 2, None),
        ([], 2, None),
    ],
    ids=[
        "first plan", "after a good one", "twice", "after an unclear one", "after rounds without control", "earlier harm only",
        "unclear", "interval touches zero", "too few documents", "no interval", "no evaluation",
    ],
)  # fmt: skip
def test_a_plan_goes_back_to_the_last_round_that_did_no_harm(rows: list[Row], round: int, haven: int | None) -> None:
    harm = find_harm(rows, round)
    assert (harm.haven if harm else None) == haven
    assert harm is None or harm.round == round


class World:
    """Two slices of equal size, text and junk, a learner whose loss on text grows with the junk that it was fed, and tables."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        rows = [(f"{name}{index}", name, "x" * 1000) for name in ("junk", "text") for index in range(20)]
        self.documents = hold(documents_frame(spark, rows))
        self.plans = self.empty(PLANS)
        self.state: list[tuple[Any, ...]] = []
        self.effects: list[tuple[Any, ...]] = []

    def empty(self, table: Any) -> DataFrame:
        return self.spark.createDataFrame([], resources.contract(table).schema)

    def plan(self, round: int) -> dict[str, Row]:
        """The plan of a round, kept in the table as the loop does."""
        state = self.spark.createDataFrame(self.state, "round int, arm string, slice string, bpb double")
        columns = "round int, arm string, slice string, n_compared bigint, delta double, delta_low double, delta_high double"
        rows = decide_plan(
            self.plans,
            state if self.state else self.empty(SLICE_STATE),
            self.empty(SLICE_EXCESS),
            self.spark.createDataFrame(self.effects, columns) if self.effects else self.empty(EVALUATIONS),
            self.documents,
            self.empty(REJECTS),
            self.empty(SAMPLE_PLAN),
            {},
            self.empty(VERDICTS),
            settings=PLANTED,
            drawing=RebalanceSettings(tokens=1_000, bytes_per_token=1.0),
            turn=Turn("main", round=round),
        )
        found = hold(resources.contract(PLANS).conform(rows))
        self.plans = hold(self.plans.unionByName(found))
        return {row["slice"]: row for row in found.collect()}

    def learn(self, round: int, weights: dict[str, Row]) -> float:
        """Train and evaluate on clean text; the effect of the plan comes back."""
        self.state += [(round, "plan", "text", TEXT), (round, "plan", "junk", JUNK)]
        effect = weights["junk"]["weight"] - 0.5
        if round > 1:
            self.effects.append((round, "plan", "*", 40, effect, effect - 0.01, effect + 0.01))
            self.effects.append((round, "plan", "text", 40, -9.0, -9.1, -8.9))
            self.effects.append((round, "control", "*", 40, None, None, None))
        return effect


def test_a_weighting_that_harms_is_found_out_and_its_plan_not_continued(spark: SparkSession) -> None:
    world = World(spark)
    first = world.plan(1)
    assert {name: row["weight"] for name, row in first.items()} == {"junk": 0.5, "text": 0.5}
    world.learn(1, first)
    second = world.plan(2)
    assert second["junk"]["weight"] == pytest.approx(0.75), "twice what it had, less what text keeps at half of its weight"
    assert world.learn(2, second) == pytest.approx(0.25)
    third = world.plan(3)
    assert {name: row["weight"] for name, row in third.items()} == {"junk": 0.5, "text": 0.5}
    harm = second["junk"]["weight"] - 0.5
    assert third["junk"]["reason"] == (
        f"the plan of round 2 did harm ({harm:.4f} bits per byte above its control arm, "
        f"95% interval {harm - 0.01:.4f} to {harm + 0.01:.4f}): back to weight of round 1"
    )
    assert third["junk"]["previous"] == second["junk"]["weight"]
    assert world.learn(3, third) == 0.0
    fourth = world.plan(4)
    assert fourth["junk"]["weight"] == pytest.approx(0.75), "a round later the weighting is tried again, and measured again"


def test_the_repeat_limit_holds_on_the_way_back_too(spark: SparkSession) -> None:
    world = World(spark)
    world.learn(1, world.plan(1))
    world.learn(2, world.plan(2))
    world.documents = world.documents.where("slice = 'text' OR source_key IN ('junk0')")
    third = world.plan(3)
    # One document of 1,000 bytes may fill four rounds of 1,000 bytes, of which rounds 1 and 2 used up more than one.
    used = sum(row["weight"] for row in world.plans.where("slice = 'junk' AND round < 3").collect())
    assert third["junk"]["limit_share"] == pytest.approx(4 - used)
    world.documents = world.documents.where("slice = 'text'")
    world.plans = world.plans.where("round < 3")
    gone = world.plan(3)
    assert (gone["junk"]["weight"], gone["text"]["weight"]) == (0.0, 1.0)
    assert gone["junk"]["reason"].endswith("the weight of round 1 would be 50.00%: no document of it is left to draw")


def test_a_slice_that_joined_since_gets_its_equal_share(spark: SparkSession) -> None:
    world = World(spark)
    world.learn(1, world.plan(1))
    world.learn(2, world.plan(2))
    more = documents_frame(spark, [(f"new{index}", "new", "y" * 1000) for index in range(20)])
    world.documents = hold(world.documents.unionByName(more))
    third = world.plan(3)
    assert third["new"]["weight"] == pytest.approx(0.25)
    assert third["text"]["weight"] == third["junk"]["weight"] == pytest.approx(0.375)
    assert third["new"]["reason"].endswith("equal share for a slice that joined")
