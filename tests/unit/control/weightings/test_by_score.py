"""A draw by scores: from signals to chances, by hand, wherever rows lie."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.unit.curate.test_rebalance import corpus, drawn, empty, plans, scattered

from resonance.control.weigh_samples import weigh_samples
from resonance.core.job import Turn
from resonance.core.settings import DecideSettings
from resonance.core.weighting import ByScore, Weighting
from resonance.tables import APPRAISALS, EVALUATIONS, EXAMPLES, EXCESS_LOSS, REJECTS, REPAIRS, SAMPLE_WEIGHTS
from resonance.testing import hold

FACTORS = {0: 0.25, 1: 0.625, 2: 1.0, 3: 0.25}
"""Parts of the rate by ``place``: of scores of 0, .5 and 1, and of one that is null or no number, from a least of .25."""


def weigh(documents: DataFrame, signals: DataFrame) -> DataFrame:
    spark, parameters = documents.sparkSession, ByScore(least_at=0.0, full_at=1.0, least=0.25)
    tables = (APPRAISALS, REPAIRS, EXCESS_LOSS, EVALUATIONS, SAMPLE_WEIGHTS, EXAMPLES)
    settings = DecideSettings(weighting=Weighting(name="own", version=1, parameters=parameters))
    given = (documents, empty(spark, REJECTS), {"classifier": signals}, *(empty(spark, table) for table in tables))
    return weigh_samples(*given, settings=settings, turn=Turn("main", round=1))


def place() -> Any:
    """Four kinds of documents, as many of each in both slices."""
    return F.pmod((F.col("source_key").cast("int") / 2).cast("int"), F.lit(4))


@pytest.fixture(scope="module")
def documents(spark: SparkSession) -> DataFrame:
    return hold(corpus(spark))


@pytest.fixture(scope="module")
def signals(documents: DataFrame) -> DataFrame:
    no_number = F.when((F.col("source_key").cast("int") / 8).cast("int") % 2 == 0, F.lit(float("nan")))
    score = F.when(place() < 3, place() / 2).otherwise(no_number)
    return hold(documents.select("doc_id", "batch", F.col("cleaned_hash").alias("content_hash"), score.alias("score")))


def test_shares_of_slices_and_chances_within_them_are_those_by_hand(documents: DataFrame, signals: DataFrame) -> None:
    spark = documents.sparkSession
    known = {bytes(row["doc_id"]): row for row in documents.withColumn("place", place()).collect()}
    rows = drawn(
        documents,
        plans(spark, (1, "a", 0.3), (1, "b", 0.7)),
        Turn("main", round=1),
        tokens=2_000,
        sample_weights=weigh(documents, signals),
    )
    assert len(rows) > 20
    for name, share in (("a", 0.3), ("b", 0.7)):
        counted = sum(FACTORS[row["place"]] * row["n_bytes"] for row in known.values() if row["slice"] == name)
        rate = share * 2_000 * 3.0 / counted
        found = {(known[bytes(row["doc_id"])]["place"], round(row["pi"], 12)) for row in rows if row["slice"] == name}
        assert found == {(part, round(rate * factor, 12)) for part, factor in FACTORS.items()}
        expected = sum(rate * FACTORS[row["place"]] * row["n_bytes"] for row in known.values() if row["slice"] == name)
        assert expected == pytest.approx(share * 2_000 * 3.0), "a slice has its share of bytes, whatever its scores"


def test_the_draw_does_not_depend_on_partitions(documents: DataFrame, signals: DataFrame) -> None:
    weights = plans(documents.sparkSession, (1, "a", 0.3), (1, "b", 0.7))
    apart = scattered(documents, 8), signals.repartition(5, F.xxhash64("score", "doc_id"))
    one, other = (
        drawn(rows, weights, Turn("main", round=1), sample_weights=weigh(rows, scores))
        for rows, scores in ((documents.coalesce(1), signals.coalesce(1)), apart)
    )
    assert one == other
