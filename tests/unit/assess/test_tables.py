"""Operators that look into other tables: worked out by hand, against a loop over sets, and clear about what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from tests.unit.assess.conftest import NOW, OWN_TABLES

from resonance.assess.assess import assess
from resonance.assess.contracts import parse_dataset
from resonance.assess.operators import BY_ID
from resonance.core.dataset import DatasetContract, Relationship
from resonance.core.errors import ContractError
from resonance.core.operator import Result
from resonance.core.records import Records
from resonance.runtime.profiles import load_profile

ENABLED = replace(load_profile("general", frozenset(BY_ID)), enable=tuple(OWN_TABLES))
TRIPS = (
    ("t1", "s1", "北京", "r1"),
    ("t2", "s2", "Tianjin", "r1"),
    ("t3", "s2", None, "r9"),
    ("t4", "s9", "Jinan", None),
    ("t5", None, "Qingdao", "r2"),
)
"""Trips: id, station, its name, the row they were made from."""
STATIONS = (("s1", "北京"), ("s2", "Tianjin"), ("s3", None), (None, "Harbin"))
CONTRACT = DatasetContract(
    *("trips", "1.0.0", "general", frozenset({"structured"}), ()),
    roles={"parent_id": "raw"},
    declared={
        "reference_table": {"table": "stations", "key": "station", "columns": ["name"]},
        "upstream": {"table": "raw", "key": "id"},
    },
    relationships=(Relationship(("station",), "stations", ("station",)), Relationship(("raw",), "raw", ("id",))),
)


def open_trips(spark: SparkSession, trips: Sequence[tuple[Any, ...]] = TRIPS) -> DataFrame:
    return spark.createDataFrame(trips, "id string, station string, name string, raw string")


def open_tables(spark: SparkSession) -> dict[str, DataFrame]:
    return {
        "stations": spark.createDataFrame(STATIONS, "station string, name string"),
        "raw": spark.createDataFrame([("r1",), ("r2",), ("r2",)], "id string"),
    }


def ask(rows: DataFrame, tables: Mapping[str, DataFrame], contract: DatasetContract = CONTRACT, **known: Any) -> dict[str, Result]:
    found = assess(rows, contract, ENABLED, NOW, Records(tables=tables, **known))
    return {result.operator: result for result in found.results if result.operator in OWN_TABLES}


def test_keys_and_values_are_held_against_other_tables(spark: SparkSession):
    found = ask(open_trips(spark), open_tables(spark))
    assert found["referential_integrity"].score == (3 + 3) / (4 + 4), "s9 and r9 lead nowhere; nulls are no keys"
    assert found["row_parent_coverage"].score == 3 / 5, "r9 leads nowhere, one row has no parent"
    match = found["reference_match_rate"]
    assert (match.score, match.n_examined, match.coverage) == (2 / 3, 3, 0.6), "of three known stations one has no name"


def test_a_table_may_refer_to_itself_and_by_several_columns(spark: SparkSession):
    rows = spark.createDataFrame(
        [(1, "a", None, "a"), (2, "a", 1, "a"), (3, "b", 1, "b"), (4, "b", 7, None)], "id int, k string, up int, of string"
    )
    itself = replace(CONTRACT, relationships=(Relationship(("up",), "trips", ("id",)),))
    assert ask(rows, {}, itself)["referential_integrity"].score == 2 / 3
    both = replace(CONTRACT, relationships=(Relationship(("up", "of"), "trips", ("id", "k")),))
    assert ask(rows, {}, both)["referential_integrity"].score == 1 / 2, "1 and a are a row, 1 and b are none"


def test_numbers_meet_numbers_and_texts_of_them(spark: SparkSession):
    rows = spark.createDataFrame([(1,), (2,), (3,)], "station int")
    contract = replace(CONTRACT, relationships=CONTRACT.relationships[:1])
    for kind, values in (("bigint", [1, 2]), ("string", ["1", "2", "x"]), ("double", [1.0, 2.0])):
        other = spark.createDataFrame([(value,) for value in values], f"station {kind}")
        assert ask(rows, {"stations": other}, contract)["referential_integrity"].score == 2 / 3, kind


KEYS = st.sampled_from(["s1", "s2", "s9", "  ", "", "站", None])


@given(st.lists(st.tuples(KEYS, KEYS), min_size=1, max_size=6), st.lists(st.tuples(KEYS, KEYS), max_size=6))
def test_shares_are_those_of_sets(spark, rows, others):
    contract = replace(CONTRACT, relationships=(Relationship(("station", "name"), "stations", ("station", "name")),), declared={})
    tables = {"stations": spark.createDataFrame(others, "station string, name string")}
    found = ask(spark.createDataFrame(rows, "station string, name string"), tables, contract)["referential_integrity"]
    keys = [row for row in rows if None not in row]
    assert found.score == (sum(key in set(others) for key in keys) / len(keys) if keys else None)


def test_a_defect_never_raises_a_score(spark: SparkSession):
    tables, rows, last = open_tables(spark), list(TRIPS), dict.fromkeys(OWN_TABLES, 1.0)
    for place in range(len(rows) + 1):
        found = ask(open_trips(spark, rows), tables)
        for id, score in last.items():
            assert found[id].score is None or found[id].score <= score, (id, place)
        last = {id: found[id].score if found[id].score is not None else last[id] for id in last}
        if place < len(rows):
            rows[place] = (rows[place][0], "nowhere" if place == 4 else rows[place][1], "misspelt", "nothing")


def test_what_is_missing_is_named(spark: SparkSession):
    rows, tables = open_trips(spark), open_tables(spark)
    empty = ask(rows.where("false"), tables)
    assert {(result.state, result.reason) for result in empty.values()} == {("not_measurable", "no rows")}
    bare = ask(rows, tables, replace(CONTRACT, declared={}, relationships=None))
    assert bare["referential_integrity"].reason.startswith("the contract declares no relationships")
    assert "declares no reference_table" in bare["reference_match_rate"].reason
    assert "declares no upstream" in bare["row_parent_coverage"].reason
    assert "role parent_id" in ask(rows, tables, replace(CONTRACT, roles={}))["row_parent_coverage"].reason
    for result in ask(rows, {}).values():
        assert "is not known: say where it lies under tables" in result.reason
    broken = ask(rows, {}, table_problems={"stations": "no file", "raw": "no file"})
    assert broken["row_parent_coverage"].reason == "table raw: no file"
    other = {name: frame.selectExpr("array('x') AS id", "'x' AS station") for name, frame in tables.items()}
    found = ask(rows, other)
    assert found["reference_match_rate"].reason == "table stations has no column name"
    assert "column id of table raw is nested" in found["row_parent_coverage"].reason
    half = replace(CONTRACT, declared={"reference_table": {"table": "stations"}, "upstream": ["raw"]})
    assert ask(rows, tables, half)["reference_match_rate"].reason.endswith("must name table, key, columns")
    assert ask(rows, tables, half)["row_parent_coverage"].reason.endswith("must name table, key")
    lacking = ask(rows.drop("station"), tables)
    assert lacking["referential_integrity"].reason == lacking["reference_match_rate"].reason == "the table has no column station"
    few = ask(open_trips(spark, [*TRIPS, *[("t", "s8", "x", "r1")] * 2]), tables)["reference_match_rate"]
    assert few.reason == "table stations has the key of only 42.9% of rows"


def test_foreign_keys_stand_where_the_standard_has_them():
    text = """
version: 1.0.0
customProperties:
- {property: adaqStage, value: general}
- {property: adaqModalities, value: [structured]}
schema:
- name: trips
  relationships: [{type: foreignKey, from: [trips.a, trips.b], to: [lines.a, lines.b]}]
  properties:
  - {name: station, relationships: [{to: stations.id}, {type: foreignKey, to: schema/raw/properties/key}]}
"""
    assert parse_dataset(text, "t.yaml").relationships == (
        Relationship(("a", "b"), "lines", ("a", "b")),
        Relationship(("station",), "stations", ("id",)),
        Relationship(("station",), "raw", ("key",)),
    )
    for wrong in ("[{to: stations}]", "[{}]", "[x]", "[{to: [a.b, c.d]}]"):
        with pytest.raises(ContractError, match="must name as many columns of one table"):
            parse_dataset(text.replace("[{to: stations.id}", wrong[:-1]), "t.yaml")
