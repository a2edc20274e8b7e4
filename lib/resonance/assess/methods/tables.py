"""What only another table can tell: whether keys are found there, and whether values agree with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.assess.columns import Column
from resonance.assess.mappings import find_divergence, to_shares
from resonance.assess.methods.shares import judge_share
from resonance.core.binding import NESTED, Asked, Bound, Finding, InapplicableError, UnmeasurableError
from resonance.core.parts import MOST_VALUES, Part, State


def bind_references(asked: Asked) -> Bound:
    """Keys that are found in the table that they refer to, of all keys of all relationships; a null is no key."""
    links = asked.contract.relationships
    if links is not None and not links:
        raise InapplicableError("the contract declares that no column holds keys of a table")
    if links is None:
        raise UnmeasurableError("the contract declares no relationships: add one of type foreignKey to a column")
    for link in links:
        for name in link.columns:
            check_flat(asked.schema, asked.check(name), asked.contract.table)
    others = [None if link.table == asked.contract.table else open_other(asked, link.table, link.keys) for link in links]

    def count_keys(rows: DataFrame) -> Mapping[str, Any]:
        keys = found = 0
        for link, other in zip(links, others, strict=True):
            many, resolved = count_found(rows, link.columns, rows if other is None else other, link.keys)
            keys, found = keys + many, found + resolved
        return {"keys": keys, "found": found}

    return Bound(lambda state: judge_share(state["found"], state["keys"]), own=count_keys)


def bind_reference_match(asked: Asked) -> Bound:
    """Rows whose values are those of the authoritative table, of rows whose key it has; a missing value matches nothing."""
    table, *named = asked.fields("reference_table")
    keys, columns = ([str(name) for name in (given if isinstance(given, list) else [given])] for given in named)
    both = [*keys, *columns]
    for name in both:
        check_flat(asked.schema, asked.check(name), asked.contract.table)
    other, least = open_other(asked, str(table), both), asked.params["min_key_coverage"]

    def count_matches(rows: DataFrame) -> Mapping[str, Any]:
        return {"known": count_found(rows, keys, other, keys)[1], "found": count_found(rows, both, other, both)[1]}

    def judge(state: State) -> Finding | None:
        if state["known"] < least * state["rows"]:
            raise UnmeasurableError(f"table {table} has the key of only {state['known'] / state['rows']:.1%} of rows")
        matched = judge_share(state["found"], state["known"])
        return None if matched is None else Finding(matched.score, matched.raw, state["known"])

    return Bound(judge, own=count_matches)


def bind_parents(asked: Asked) -> Bound:
    """Rows whose parent is found in the table that they were made from; a row without one counts as not found."""
    column, (table, key) = asked.column("parent_id"), asked.fields("upstream")
    other = open_other(asked, str(table), [str(key)])

    def count_parents(rows: DataFrame) -> Mapping[str, Any]:
        return {"found": count_found(rows, [column], other, [str(key)])[1]}

    return Bound(lambda state: judge_share(state["found"], state["rows"]), own=count_parents)


def bind_public_overlap(asked: Asked) -> Bound:
    """Rows whose content no public dataset of a registry has, of rows with a hash of their content."""
    column, (table, key) = asked.column("content_hash"), asked.fields("public_registry")
    other = open_other(asked, str(table), [str(key)])

    def count_public(rows: DataFrame) -> Mapping[str, Any]:
        return dict(zip(("hashed", "public"), count_found(rows, [column], other, [str(key)]), strict=True))

    def judge(state: State) -> Finding | None:
        found = judge_share(state["hashed"] - state["public"], state["hashed"])
        return None if found is None else Finding(found.score, found.raw, state["hashed"])

    return Bound(judge, own=count_public)


def bind_replay(asked: Asked) -> Bound:
    """Rows that a second run of the job made with the same hash, of the rows that it made again."""
    id, content = asked.column("id"), asked.column("content_hash")
    table, *named = asked.fields("replay")
    keys, least = list(map(str, named)), asked.params["min_rows"]
    other = open_other(asked, str(table), keys)

    def count_matches(rows: DataFrame) -> Mapping[str, Any]:
        return {"again": count_found(rows, [id], other, keys[:1])[1], "same": count_found(rows, [id, content], other, keys)[1]}

    def judge(state: State) -> Finding | None:
        if state["again"] < min(least, state["rows"]):
            raise UnmeasurableError(
                f"table {table} has only {state['again']:,} rows of a second run; {least:,} are asked for, or all"
            )
        return judge_share(state["same"], state["again"])

    return Bound(judge, own=count_matches)


def bind_stability(asked: Asked) -> Bound:
    """How little the distributions of columns that should not change differ from those of the version before."""
    names, table = asked.declared("stable_columns"), str(asked.declared("previous_version"))
    if not isinstance(names, list) or not names:
        raise UnmeasurableError("stable_columns in adaqDeclared must list columns")
    columns = [asked.check(str(name)) for name in names]
    for name in columns:
        check_flat(asked.schema, name, asked.contract.table)
    before = open_other(asked, table, columns)
    parts = {name: Part("tally", Column(name)) for name in columns}

    def look_up(_: State) -> Mapping[str, Any]:
        found = {}
        for name in columns:
            counts = before.select(F.col(f"`{name}`").cast("string").alias("value")).where("value IS NOT NULL").groupBy("value")
            found[f"before {name}"] = {row["value"]: row["n"] for row in counts.agg(F.count(F.lit(1)).alias("n")).collect()}
        return found

    def judge(state: State) -> Finding | None:
        if gone := [name for name in columns if state[name] is None]:
            raise UnmeasurableError(f"column {gone[0]} has more than {MOST_VALUES:,} values")
        both = [(state[name], state[f"before {name}"]) for name in columns]
        if not all(now and then for now, then in both):
            return None
        stable = [
            1 - find_divergence(*(dict(zip(side, to_shares(list(side.values())), strict=True)) for side in pair)) for pair in both
        ]
        return Finding(sum(stable) / len(stable), sum(stable) / len(stable))

    return Bound(judge, parts, frozenset(columns), look_up=look_up)


def open_other(asked: Asked, table: str, columns: Sequence[str]) -> DataFrame:
    """Another table that the contract names, where it has these columns.

    Raises:
        UnmeasurableError: it is not handed in, cannot be opened, or lacks a column.
    """
    if table in asked.records.table_problems:
        raise UnmeasurableError(f"table {table}: {asked.records.table_problems[table]}")
    if table not in asked.records.tables:
        raise UnmeasurableError(f"table {table} is not known: say where it lies under tables in adaqDeclared")
    other = asked.records.tables[table]
    for name in columns:
        check_flat(other.schema, name, table)
    return other


def check_flat(schema: T.StructType, name: str, table: str) -> None:
    """Raise UnmeasurableError unless the table has such a column, of single values."""
    if name not in schema.names:
        raise UnmeasurableError(f"table {table} has no column {name}")
    if schema[name].dataType.typeName() in NESTED:
        raise UnmeasurableError(f"column {name} of table {table} is nested: it must hold single values")


def count_found(rows: DataFrame, columns: Sequence[str], other: DataFrame, keys: Sequence[str]) -> tuple[int, int]:
    """Rows in which none of the columns is null, and those of them that are found among the keys of another table.

    Columns of two types are compared as texts, numbers of any two types as numbers.
    """
    names = [f"key_{place}" for place in range(len(columns))]
    as_text = [not compare_directly(rows.schema[one], other.schema[two]) for one, two in zip(columns, keys, strict=True)]
    present = select_keys(rows, columns, names, as_text)
    (seen,) = present.agg(F.count(F.lit(1)).alias("n")).collect()
    (found,) = (
        present.join(select_keys(other, keys, names, as_text), names, "left_semi").agg(F.count(F.lit(1)).alias("n")).collect()
    )
    return seen["n"], found["n"]


def compare_directly(one: T.StructField, other: T.StructField) -> bool:
    """Whether values of two columns can be compared as they are."""
    numbers = isinstance(one.dataType, T.NumericType) and isinstance(other.dataType, T.NumericType)
    return numbers or type(one.dataType) is type(other.dataType)


def select_keys(rows: DataFrame, columns: Sequence[str], names: Sequence[str], as_text: Sequence[bool]) -> DataFrame:
    """The columns under other names, some of them as texts, where none is null."""
    found = [F.col(f"`{column}`") for column in columns]
    chosen = [each.cast("string") if text else each for each, text in zip(found, as_text, strict=True)]
    present = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return rows.select(*(each.alias(name) for each, name in zip(chosen, names, strict=True))).where(present)
