"""Data verdicts raise slices within the bounds; nothing else that was found of a slice moves a draw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from tests.unit.control.test_decide import by_slice, empty, planned

from resonance.control.verdicts import RAISES, find_raised
from resonance.control.weighting import weigh
from resonance.control.weightings.known import Known
from resonance.core.causes import CAUSES, COVERAGE, SHIFT
from resonance.core.settings import DecideSettings
from resonance.core.weighting import KINDS, Weighting
from resonance.tables import PLANS, SLICE_STATE
from resonance.testing import documents_frame, hold

NAMES = ("a", "b", "c", "d")
IDLE = sorted(CAUSES.keys() - set(RAISES))
shares = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)


def known_of(previous: list[float], limit: list[float], loss: list[float]) -> Known:
    return Known(
        prior=dict.fromkeys(NAMES, 0.25),
        previous=dict(zip(NAMES, (share / sum(previous) for share in previous), strict=True)),
        limit=dict(zip(NAMES, limit, strict=True)),
        held=dict.fromkeys(NAMES, 0.25),
        loss=dict(zip(NAMES, loss, strict=True)),
        excess=dict(zip(NAMES, loss, strict=True)),
        progress=dict(zip(NAMES, loss, strict=True)),
        floor=0.1,
    )


def settings_of(kind: type) -> DecideSettings:
    return DecideSettings(weighting=Weighting(name="x", parameters=kind()), verdicts=True)


@given(st.sampled_from(KINDS), shares, shares, shares, st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(IDLE))))
def test_model_verdicts_ceilings_and_abstentions_never_move_a_draw(kind, previous, limit, loss, found):
    known, settings = known_of(previous, limit, loss), settings_of(kind)
    rows = [{"slice": f"slice = {name}", "cause": cause} for name, cause in found]
    assert find_raised(rows, known) == {}
    assert weigh(2, known, settings, find_raised(rows, known)) == weigh(2, known, settings)


@given(st.sampled_from(KINDS), shares, shares, shares, st.sampled_from(NAMES), st.sampled_from(RAISES))
def test_a_data_verdict_raises_its_slice_within_the_bounds(kind, previous, limit, loss, name, cause):
    known, settings = known_of(previous, limit, loss), settings_of(kind)
    raised = find_raised([{"slice": f"slice = {name}", "cause": cause}], known)
    assert raised == {name: cause}
    plan, before = weigh(2, known, settings, raised), weigh(2, known, settings)
    steps = known.previous[name] * settings.max_change, known.prior[name] * settings.max_total_change
    most = max(min(steps), known.prior[name] / settings.max_total_change, settings.floor / len(NAMES), before.weights[name])
    assert before.weights[name] - 1e-9 <= plan.weights[name] <= min(most, known.limit[name]) + 1e-9
    assert sum(plan.weights.values()) <= 1 + 1e-9
    assert all(plan.weights[other] <= known.limit[other] + 1e-9 for other in NAMES)


def test_equal_shares_give_way_to_a_slice_that_lacks_data_and_say_so():
    known = known_of([1.0] * 4, [1.0] * 4, [1.0] * 4)
    plan = weigh(2, known, DecideSettings(verdicts=True), {"b": COVERAGE})
    assert plan.weights["b"] == pytest.approx(0.5 / 1.25)
    assert plan.weights["a"] == pytest.approx(0.25 / 1.25)
    assert plan.reasons["b"] == "share 1.60 times that before, raised by verdict coverage"
    assert plan.reasons["a"] == "equal share of 4 slices, less what verdicts raise"


def test_only_a_slice_of_the_plan_is_raised():
    known = known_of([1.0] * 4, [1.0] * 4, [1.0] * 4)
    rows = [
        {"slice": "slice = a & length = 4", "cause": COVERAGE},
        {"slice": "language = zh", "cause": SHIFT},
        {"slice": "slice = gone", "cause": SHIFT},
        {"slice": "slice = d", "cause": SHIFT},
    ]
    assert find_raised(rows, known) == {"d": SHIFT}


@pytest.fixture(scope="module")
def documents(spark: SparkSession) -> DataFrame:
    rows = [(f"{name}{index}", name, "x" * 100) for name in "ab" for index in range(20)]
    return hold(documents_frame(spark, rows))


def test_the_plan_reads_verdicts_of_the_round_before_where_it_is_asked_to(spark: SparkSession, documents: DataFrame):
    state = empty(spark, SLICE_STATE)
    stratified = DecideSettings()
    first = hold(planned(documents, empty(spark, PLANS), state, 1, stratified))
    rows = [Row(round=1, slice="slice = a", cause=COVERAGE), Row(round=2, slice="slice = b", cause=COVERAGE)]
    found = spark.createDataFrame([*rows, Row(round=1, slice="slice = b", cause="capacity")])
    asked = stratified.model_copy(update={"verdicts": True})
    plan = by_slice(planned(documents, first, state, 2, asked, verdicts=found))
    assert plan["a"]["weight"] == pytest.approx(2 / 3)
    assert "raised by verdict coverage" in plan["a"]["reason"]
    unread = by_slice(planned(documents, first, state, 2, stratified, verdicts=found))
    assert unread["a"]["weight"] == pytest.approx(0.5)
