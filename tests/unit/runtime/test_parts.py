"""A Delta table is opened in the parts that earlier readers saw; what changed in it is one part anew."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from resonance.core.errors import InputError
from resonance.runtime.parts import name_failures, open_parts


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "a table"
    for values in ([1, 2, 3], [4], [5, 6]):
        write_deltalake(path, pa.table({"x": values}), mode="append")
    return path


def read_as_is(file, format, codec):
    return None


def read(session, path, *before):
    given = open_parts(session, str(path), read_as_is, before)
    rows = {part.name: sorted(row["x"] for row in part.rows.collect()) for part in given.parts}
    assert sorted(value for values in rows.values() for value in values) == sorted(row["x"] for row in given.rows.collect())
    return given.version, rows, {part.name: part.mark for part in given.parts}


def test_files_that_came_between_two_readings_are_one_part(spark, table):
    version, rows, marks = read(spark, table)
    assert (version, rows) == ("2", {"0-2": [1, 2, 3, 4, 5, 6]})
    assert read(spark, table, "2")[1:] == (rows, marks), "nothing came since"
    assert read(spark, table, "0", "1", "2")[1] == {"0-0": [1, 2, 3], "1-1": [4], "2-2": [5, 6]}
    write_deltalake(table, pa.table({"x": [7]}), mode="append")
    assert read(spark, table, "2")[1] == {"0-2": [1, 2, 3, 4, 5, 6], "3-3": [7]}
    assert read(spark, table, "2")[2]["0-2"] == marks["0-2"]


def test_a_change_marks_its_part_anew_and_what_is_written_anew_is_all_in_the_last_one(spark, table):
    _, _, marks = read(spark, table, "0")
    DeltaTable(table).delete("x = 1")
    _, rows, then = read(spark, table, "0", "2")
    assert rows == {"1-2": [4, 5, 6], "3-3": [2, 3]}
    assert then["1-2"] == marks["1-2"]
    DeltaTable(table).optimize.compact()
    assert read(spark, table, "0", "2", "3")[1] == {"4-4": [2, 3, 4, 5, 6]}


def test_what_the_log_no_longer_tells_of_was_there_from_the_beginning(spark, table):
    DeltaTable(table).create_checkpoint()
    for name in ("0" * 20, "0" * 19 + "1"):
        (table / "_delta_log" / f"{name}.json").unlink()
    assert read(spark, table, "1")[1] == {"0-1": [1, 2, 3, 4], "2-2": [5, 6]}


def test_other_datasets_are_one_part_that_their_files_mark(spark, tmp_path):
    parted = tmp_path / "parted"
    write_deltalake(parted, pa.table({"x": [1, 2], "day": ["a", "b"]}), partition_by=["day"])
    assert read(spark, parted)[1] == {"all": [1, 2]}
    file = tmp_path / "rows.jsonl"
    file.write_text('{"x": 1}\n')
    version, rows, marks = read(spark, file)
    assert rows == {"all": [1]}
    assert read(spark, file)[2] == marks == {"all": version}
    os.utime(file, ns=(1, 1))
    assert read(spark, file)[2] != marks


@pytest.mark.parametrize("at", [2, 5_000])
def test_a_broken_line_of_json_is_named_whenever_the_engine_meets_it(spark, tmp_path, at):
    lines = ['{"id": "a", "text": "x"}'] * 6_000
    lines[at - 1] = '{"id": "b", "text": '
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as told, name_failures(path, read_as_is):
        open_parts(spark, str(path), read_as_is).rows.collect()
    assert str(told.value) == f"assess: rows.jsonl, line {at}: no JSON object; every row must be one object in one line"


def test_what_an_engine_says_of_a_frame_is_one_error_of_ours(spark):
    rows = spark.range(3).selectExpr("raise_error('no such sign') AS text")
    with (
        pytest.raises(InputError, match="^assess: the engine fails on the rows: .*no such sign") as told,
        name_failures(rows, read_as_is),
    ):
        rows.collect()
    assert told.value.__cause__ is not None
    with pytest.raises(KeyError), name_failures(rows, read_as_is):
        raise KeyError("ours")
