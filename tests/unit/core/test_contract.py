"""A contract is read from its file, whole or not at all; frames are brought to its columns or refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from resonance.core.contract import Column, Contract, Rule
from resonance.core.errors import ContractError

TABLE: dict[str, Any] = {
    "name": "shop",
    "description": "Texts with sizes.",
    "customProperties": [{"property": "clusterBy", "value": "id"}, {"property": "appendOnly", "value": True}],
    "properties": [
        {
            "name": "id", "physicalType": "BIGINT", "required": True, "description": "Number of the row.",
            "primaryKey": True, "primaryKeyPosition": 2,
        },
        {
            "name": "part", "physicalType": "STRING", "required": True, "description": "Partition of the row.",
            "primaryKey": True, "primaryKeyPosition": 1,
        },
        {
            "name": "sizes", "physicalType": "MAP<STRING, DOUBLE>", "required": False, "description": "Sizes by name.",
            "customProperties": [{"property": "volatile", "value": True}],
        },
    ],
    "quality": [{"name": "id_not_negative", "implementation": "id >= 0", "description": "Ids are not negative."}],
}  # fmt: skip
WHOLE: dict[str, Any] = {"version": "1.2.0", "schema": [TABLE]}
NOT_ONE = "^not an ODCS v3.2.0 contract of one table: "


def write(**changes: Any) -> str:
    return yaml.safe_dump(WHOLE | changes)


def without(*path: Any) -> str:
    """The contract's text without the entry at this path."""
    document = copy.deepcopy(WHOLE)
    element: Any = document
    for key in path[:-1]:
        element = element[key]
    del element[path[-1]]
    return yaml.safe_dump(document)


def test_a_contract_says_what_its_file_says():
    assert Contract.parse(write()) == Contract(
        name="shop",
        version="1.2.0",
        meaning="Texts with sizes.",
        columns=(
            Column("id", "BIGINT", True, "Number of the row."),
            Column("part", "STRING", True, "Partition of the row."),
            Column("sizes", "MAP<STRING, DOUBLE>", False, "Sizes by name.", volatile=True),
        ),
        rules=(Rule("id_not_negative", "id >= 0", "Ids are not negative."),),
        key=("part", "id"),
        cluster_by="id",
        append_only=True,
    )


def test_what_may_be_left_out_has_its_default():
    plain = Contract.parse(yaml.safe_dump({"version": "1.0.0", "schema": [{**TABLE, "customProperties": [], "quality": []}]}))
    assert (plain.rules, plain.cluster_by, plain.append_only) == ((), None, False)


@pytest.mark.parametrize(
    "path",
    [
        ("schema",),
        ("version",),
        ("schema", 0, "name"),
        ("schema", 0, "description"),
        ("schema", 0, "properties"),
        *(("schema", 0, "properties", 2, key) for key in ("name", "physicalType", "required", "description")),
        *(("schema", 0, "quality", 0, key) for key in ("name", "implementation", "description")),
        ("schema", 0, "properties", 0, "primaryKeyPosition"),
        ("schema", 0, "customProperties", 0, "property"),
        ("schema", 0, "customProperties", 0, "value"),
    ],
    ids=lambda path: ".".join(map(str, path)),
)
def test_what_is_missing_is_named(path):
    with pytest.raises(ContractError, match=f"{NOT_ONE}'{path[-1]}' is missing$"):
        Contract.parse(without(*path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop",
        "- version: 1.0.0",
        "version: [1.0.0",
        "version: 1.0.0\n\tschema: []",
        write(schema=[]),
        write(schema=[TABLE, TABLE]),
        write(schema=None),
        write(schema=[{**TABLE, "properties": ["id"]}]),
        write(schema=[{**TABLE, "properties": [{**TABLE["properties"][0], "primaryKeyPosition": "first"}]}]),
    ],
    ids=[
        "nothing",
        "a word",
        "a list",
        "half a list",
        "a tab",
        "no table",
        "two tables",
        "null",
        "bare columns",
        "a key of no place",
    ],
)
def test_what_is_no_contract_is_refused_in_one_line(text):
    with pytest.raises(ContractError, match=f"{NOT_ONE}.") as caught:
        Contract.parse(text)
    assert "\n" not in str(caught.value)


def test_an_unknown_type_is_named_when_the_schema_is_asked_for():
    contract = Contract.parse(write(schema=[{**TABLE, "properties": [{**TABLE["properties"][0], "physicalType": "DECIMAL(3)"}]}]))
    with pytest.raises(ContractError, match=r"^physicalType: type 'DECIMAL\(3\)' is none of bigint, binary, "):
        _ = contract.schema


def test_a_schema_has_the_columns_in_order_with_types_and_nullability():
    fields = [(field.name, field.dataType.simpleString(), field.nullable) for field in Contract.parse(write()).schema]
    assert fields == [("id", "bigint", False), ("part", "string", False), ("sizes", "map<string,double>", True)]
    assert Contract.parse(write()).stable_columns == ("id", "part")


def test_frames_are_brought_to_order_and_types_or_refused_by_column(spark):
    contract = Contract.parse(write())
    rows = spark.sql("SELECT map('a', 1D) AS sizes, 'x' AS part, 7 AS id")
    assert [(f.name, f.dataType) for f in contract.conform(rows).schema] == [(f.name, f.dataType) for f in contract.schema]
    with pytest.raises(ContractError, match=r"^table shop: missing columns \['part'\], unknown columns \['colour'\]$"):
        contract.conform(rows.withColumnRenamed("part", "colour"))
