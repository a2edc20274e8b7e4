"""Intervals between moments, worked out by hand, and against one loop over the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pyspark.sql import SparkSession
from tests.unit.assess.test_groups import ask

from resonance.assess.methods.times import read_interval
from resonance.core.binding import Asked, UnmeasurableError
from resonance.core.dataset import DatasetContract

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = {"站": (0, 1, 1, 3, 7), "b": (0, 1, 2), "alone": (5, 5), "never": (None,)}
"""Days on which four sources were collected; two rows of the first on one day."""


def make(days: dict) -> list[tuple[str, str | None]]:
    """Moments as texts, as a CSV file holds them."""
    return [(who, None if n is None else (START + timedelta(days=n)).isoformat()) for who, many in days.items() for n in many]


def test_sources_are_held_to_the_promised_interval(spark: SparkSession):
    rows = spark.createDataFrame(make(DAYS), "who string, at string")
    found = ask(rows, "collection_interval_attainment", declared={"sla_frequency": 2})
    slow = 2 / np.quantile([1, 2, 4], 0.95)
    assert found.score == pytest.approx((5 * slow + 3 * 1) / 8), "by rows; sources with one batch have no interval"
    assert (found.n_examined, found.coverage) == (8, pytest.approx(8 / 11))


def test_later_batches_never_raise_the_score(spark: SparkSession):
    last = 1.1
    for late in (1, 2, 5, 30):
        rows = spark.createDataFrame(make({"站": (0, 1, 1 + late), "b": (0, 1, 2)}), "who string, at string")
        score = ask(rows, "collection_interval_attainment", declared={"sla_frequency": 1}).score
        assert 0 < score <= last
        last = score


def test_what_cannot_be_measured_says_why(spark: SparkSession):
    rows = spark.createDataFrame([("a", "2026-01-01"), ("b", "2026-01-02")], "who string, at string")
    assert ask(rows, "collection_interval_attainment", declared={"sla_frequency": 1}).reason == (
        "column at has two moments of no source: there is no interval"
    )
    assert "sla_frequency" in ask(rows, "collection_interval_attainment").reason
    assert (
        "role source_id" in ask(rows, "collection_interval_attainment", declared={"sla_frequency": 1}, roles={"text": "at"}).reason
    )


def test_entities_are_measured_often_enough(spark: SparkSession):
    ticks = [("快", 10 * n) for n in range(5)] + [("slow", 90 * n) for n in range(4)] + [("once", 0), ("even", 0), ("even", 60)]
    rows = spark.createDataFrame([(who, START + timedelta(seconds=n)) for who, n in ticks], "sensor string, at timestamp")
    found = ask(rows, "sampling_rate_attainment", declared={"interval": 60})
    assert found.score == pytest.approx(2 / 3), "slow is slower than a minute; what was measured once has no interval"
    assert ask(rows, "sampling_rate_attainment", declared={"interval": 100}).score == 1.0
    assert ask(rows.where("sensor = 'once'"), "sampling_rate_attainment", declared={"interval": 60}).reason.startswith(
        "no value to look at in "
    )


@pytest.mark.parametrize(
    ("term", "days"),
    [
        ({"value": 3, "unit": "d"}, 3),
        ({"value": 12, "unit": "h"}, 0.5),
        ({"value": 1, "unit": "Week"}, 7),
        ({"value": 1, "unit": "y"}, 365.25),
        ({"value": 4}, 4),
    ],
)
def test_intervals_are_read_where_the_standard_has_them(term, days):
    contract = DatasetContract("t", "1", "general", frozenset(), (), terms={"slaProperties": [{"property": "frequency", **term}]})
    asked = Asked(contract, None, {}, START)
    assert read_interval(asked, "sla_frequency") == pytest.approx(days)
    with pytest.raises(UnmeasurableError, match="sla_latency"):
        read_interval(asked, "sla_latency")


@pytest.mark.parametrize("term", [{"value": -1}, {"value": "often"}, {"value": 1, "unit": "blinks"}, {"value": True}])
def test_intervals_that_are_none_are_refused(term):
    contract = DatasetContract("t", "1", "general", frozenset(), (), terms={"slaProperties": [{"property": "frequency", **term}]})
    with pytest.raises(UnmeasurableError, match="frequency in slaProperties must be a number above zero"):
        read_interval(Asked(contract, None, {}, START), "sla_frequency")
