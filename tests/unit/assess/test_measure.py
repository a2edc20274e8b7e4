"""Metrics are computed in one scan, over all rows and each stratum; what cannot be measured says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.assess.measure import aggregate, measure
from resonance.assess.metrics import list_metrics
from resonance.assess.metrics.completeness import Completeness
from resonance.assess.metrics.normativity import Validity
from resonance.core.contract import Contract, Rule
from resonance.core.errors import InputError
from resonance.core.frames import load_parquet
from resonance.core.metric import Metric, Precondition, State, has_columns
from resonance.runtime import resources
from resonance.tables import DOCUMENTS
from resonance.testing import ScanCounter, documents_frame, find_scans


@dataclass(frozen=True)
class Largest(Metric):
    """Largest is the largest value of ``column``: a state that does not add up."""

    column: str
    good = "neither"

    @classmethod
    def of(cls, contract: Contract) -> tuple[Self, ...]:
        return tuple(cls(column.name) for column in contract.columns if column.type == "INT")

    @property
    def name(self) -> str:
        return f"largest[{self.column}]"

    @property
    def preconditions(self) -> tuple[Precondition, ...]:
        return (has_columns(self.column),)

    def aggregates(self) -> Mapping[str, Column]:
        return {"largest": F.max(self.column)}

    def merge(self, one: State, other: State) -> State:
        return {"largest": max((s["largest"] for s in (one, other) if s["largest"] is not None), default=None)}

    def value(self, state: State) -> float | None:
        return state["largest"]


@pytest.fixture
def many(shop: Contract) -> list[Metric]:
    """More than a hundred metrics."""
    columns = tuple(column for column in shop.columns if column.name == "size")
    rules = (Validity(Rule(f"above_{n}", f"size > {n}", ""), columns) for n in range(-50, 50))
    return [*list_metrics(shop), Largest("size"), *rules]


def test_more_than_a_hundred_metrics_are_one_scan(rows: DataFrame, many: list[Metric], tmp_path) -> None:
    counter = ScanCounter(tmp_path)
    watched = counter.watch(rows)
    assert len(many) > 100
    results = measure(watched, many)
    assert counter.rows() == 200
    assert [result.metric for result in results] == [metric.name for metric in many]
    measure(watched, many, by=["part", "text"])
    assert counter.rows() == 400, "strata cost no further scan"
    for metric in many[:3]:
        measure(watched, [metric])
    assert counter.rows() == 1000, "and three queries are three scans: the counter counts"


def test_a_scan_reads_the_columns_of_its_metrics_alone(spark: SparkSession, tmp_path) -> None:
    documents_frame(spark, [("a", "s/x", "first text"), ("b", "s/y", "second text")]).write.parquet(str(tmp_path / "documents"))
    contract = resources.contract(DOCUMENTS)
    stored = load_parquet(spark, [str(tmp_path / "documents")], contract.schema)
    bounds = [metric for metric in Validity.of(contract) if metric.rule.name in ("bucket_in_range", "lengths_not_negative")]
    assert find_scans(aggregate(stored, bounds)) == [{"bucket", "n_chars", "n_bytes"}]
    assert find_scans(aggregate(stored, [Completeness("source")], ["slice"])) == [{"source", "slice"}]
    assert len(find_scans(aggregate(stored, bounds).unionAll(aggregate(stored, bounds)))) == 2, "two scans are seen as two"
    assert {result.value for result in measure(stored, list_metrics(contract))} == {1.0}


def test_strata_come_from_the_same_rows_and_merge_to_the_whole(rows: DataFrame, many: list[Metric]) -> None:
    whole = measure(rows, many)
    found = measure(rows, many, by=["part"])
    assert found[: len(many)] == whole
    largest = {result.stratum["part"]: result for result in found if result.metric == "largest[size]" and result.stratum}
    expected = {part: max(size for _, p, _, size in rows.collect() if p == part and size is not None) for part in (None, *"abc")}
    assert {part: result.value for part, result in largest.items()} == expected
    sizes = [result.state["rows"] for result in found if result.metric == "completeness[text]" and result.stratum]
    assert sorted(sizes) == sorted(row["count"] for row in rows.groupBy("part").count().collect())
    assert sum(sizes) == 200


def test_what_lacks_its_column_says_so_and_the_rest_is_measured(rows: DataFrame, shop: Contract) -> None:
    other = rows.drop("size").withColumn("text", F.lit(7))
    found = {result.metric: result for result in measure(other, list_metrics(shop), by=["part"]) if not result.stratum}
    assert found["completeness[size]"].reason == "no column size"
    assert found["validity[text_fits]"].reason == "no column size; column text is int, not string"
    assert {name for name, result in found.items() if result.status == "scored"} == {
        "completeness[id]", "completeness[part]", "completeness[text]",
    }  # fmt: skip
    assert found["completeness[text]"].value == 1.0


def test_where_nothing_can_be_measured_no_row_is_read(rows: DataFrame, tmp_path) -> None:
    counter = ScanCounter(tmp_path)
    (result,) = measure(counter.watch(rows), [Completeness("colour")])
    assert (result.status, result.reason, result.state) == ("not_measurable", "no column colour", {})
    assert counter.rows() == 0


def test_an_empty_frame_has_no_strata(rows: DataFrame) -> None:
    (result,) = measure(rows.where("false"), [Completeness("text")], by=["part"])
    assert (result.status, result.reason) == ("not_measurable", "no rows")


def test_two_metrics_of_one_name_and_unknown_strata_are_refused(rows: DataFrame) -> None:
    with pytest.raises(InputError, match=r"^measure: metrics named twice: completeness\[text\]$"):
        measure(rows, [Completeness("text"), Completeness("text")])
    with pytest.raises(InputError, match=r"^measure: no column colour to make strata of; there are id, part, text, size$"):
        measure(rows, [Completeness("text")], by=["colour"])
