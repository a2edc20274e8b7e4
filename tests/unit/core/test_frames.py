"""What a kernel yields is what was declared, value for value, and what it raises names the row that it met."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.core.errors import InputError, KernelError
from resonance.core.frames import Named, make_frame, parse_schema, write_hex

Kernel = Callable[[Iterable[Any]], Iterator[Any]]
TEXT, NUMBER = T.StringType(), T.LongType()


def run(kernel: Kernel, *batches: pa.RecordBatch, **declared: T.DataType) -> list[pa.RecordBatch]:
    """What a worker makes of these batches."""
    schema = T.StructType([T.StructField(name, kind) for name, kind in declared.items()]).jsonValue()
    return list(Named(kernel, json.dumps(schema))(iter(batches)))


def make(values: list[Any], kind: pa.DataType, name: str = "a") -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, kind)], [name])


def give_back(batches: Iterable[Any]) -> Iterator[Any]:
    yield from batches


@pytest.mark.parametrize(
    ("values", "kind", "declared", "becomes"),
    [
        (["x", "数", None], pa.large_string(), TEXT, pa.string()),
        (["x", "数", None], pa.string_view(), TEXT, pa.string()),
        ([b"xy", None], pa.binary(2), T.BinaryType(), pa.binary()),
        ([b"xy", None], pa.large_binary(), T.BinaryType(), pa.binary()),
        ([["x"], [], None], pa.large_list(pa.large_string()), T.ArrayType(TEXT), pa.list_(pa.string())),
        ([[[1]], [[], [2]]], pa.list_(pa.large_list(pa.int64())), T.ArrayType(T.ArrayType(NUMBER)), pa.list_(pa.list_(pa.int64()))),
        (
            [{"n": 1, "t": "x"}, None],
            pa.struct({"n": pa.int64(), "t": pa.large_string()}),
            T.StructType([T.StructField("n", NUMBER), T.StructField("t", TEXT)]),
            pa.struct({"n": pa.int64(), "t": pa.string()}),
        ),
        ([[("x", 1)], []], pa.map_(pa.large_string(), pa.int64()), T.MapType(TEXT, NUMBER), pa.map_(pa.string(), pa.int64())),
        ([None, None], pa.null(), NUMBER, pa.int64()),
    ],
)
def test_another_layout_of_the_same_values_becomes_the_declared_one(
    values: list[Any], kind: pa.DataType, declared: T.DataType, becomes: pa.DataType
) -> None:
    (batch,) = run(give_back, make(values, kind), a=declared)
    assert batch.column("a").type == becomes
    assert batch.column("a").to_pylist() == values


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        (pa.int32(), NUMBER),
        (pa.float64(), NUMBER),
        (pa.string(), T.BinaryType()),
        (pa.list_(pa.int32()), T.ArrayType(NUMBER)),
        (pa.struct({"m": pa.int64()}), T.StructType([T.StructField("n", NUMBER)])),
        (pa.timestamp("ms"), T.TimestampType()),
    ],
)
def test_values_of_another_type_are_refused_with_the_column(kind: pa.DataType, declared: T.DataType) -> None:
    with pytest.raises(KernelError, match=r"a kernel yields .* for column a, which is declared as"):
        run(give_back, make([None], kind), a=declared)


def test_other_columns_than_declared_are_refused_with_both() -> None:
    with pytest.raises(KernelError, match=r"a kernel yields columns \['b'\] where \['a'\] are declared"):
        run(give_back, make([1], pa.int64(), name="b"), a=NUMBER)


class Divide:
    """Fails at zeros, and at threes beside another row alone."""

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            values = batch.column("n").to_pylist()
            if 3 in values and len(values) > 1:
                raise ValueError("not among others\nof which nobody wants to read")
            yield pa.RecordBatch.from_pydict({"a": [12 // n for n in values]})


def rows(*numbers: int, name: str = "doc_id") -> pa.RecordBatch:
    names: list[Any] = [bytes([n]) * 2 for n in numbers] if name == "doc_id" else [f"file {n}" for n in numbers]
    return pa.RecordBatch.from_pydict({name: names, "n": list(numbers)})


def test_an_error_names_the_row_that_fails_alone() -> None:
    with pytest.raises(KernelError, match=r"^doc_id 0000: ZeroDivisionError: ") as failed:
        run(Divide(), rows(1, 2), rows(4, 0, 5), a=NUMBER)
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


def test_an_error_that_no_row_makes_alone_names_where_the_batch_begins() -> None:
    with pytest.raises(KernelError, match=r"^among 2 rows from doc_id 0202: ValueError: not among others$"):
        run(Divide(), rows(2, 3), a=NUMBER)


def test_an_error_among_rows_without_a_name_says_how_many_they_are() -> None:
    with pytest.raises(KernelError, match=r"^a kernel failed among 2 rows: ZeroDivisionError"):
        run(Divide(), rows(1, 0, name="whatever"), a=NUMBER)


def test_an_error_before_the_first_row_says_so() -> None:
    def fail(batches: Iterable[Any]) -> Iterator[Any]:
        raise OSError("no table")
        yield

    with pytest.raises(KernelError, match=r"^a kernel failed before its first row: OSError: no table$"):
        run(fail, rows(1), a=NUMBER)


def test_an_error_of_ours_says_what_it_said() -> None:
    def refuse(batches: Iterable[Any]) -> Iterator[Any]:
        for _ in batches:
            raise InputError("ingest: this and that")
        yield

    with pytest.raises(InputError, match=r"^ingest: this and that$"):
        run(refuse, rows(1), a=NUMBER)


def test_batches_are_asked_for_one_at_a_time() -> None:
    """A worker may not hold more than it is working on."""
    asked: list[int] = []

    def batches() -> Iterator[Any]:
        for n in (1, 2, 3):
            asked.append(n)
            yield make([n], pa.int64())

    made = Named(give_back, json.dumps(T.StructType([T.StructField("a", NUMBER)]).jsonValue()))(batches())
    next(made)
    assert asked == [1]


def test_rows_of_the_driver_become_a_frame(spark: SparkSession) -> None:
    schema = "t string, n int, m bigint, x double, b binary, l array<string>, p map<string,bigint>, at timestamp, o boolean"
    noon = datetime(2026, 1, 2, 14, tzinfo=timezone(timedelta(hours=2)))
    full = ("数", 1, 2**40, 0.5, b"\x00", ["x", None], {"k": 3}, noon, True)
    found = make_frame(spark, [full, {"n": 2}, (None,) * 9], schema)
    assert found.schema == T.StructType([T.StructField(field.name, field.dataType, True) for field in parse_schema(schema).fields])
    rows = {row["n"]: row.asDict() for row in found.withColumn("at", F.col("at").cast("string")).collect()}
    assert rows[1] == dict(zip(found.columns, (*full[:7], "2026-01-02 12:00:00", True), strict=True))
    assert rows[2] == {**dict.fromkeys(found.columns), "n": 2}
    assert rows[None] == dict.fromkeys(found.columns)


def test_no_rows_of_the_driver_are_a_frame_without_rows(spark: SparkSession) -> None:
    empty, one = make_frame(spark, [], "a string, b int"), make_frame(spark, [("x", 1)], "a string, b int")
    assert (empty.columns, empty.count()) == (["a", "b"], 0)
    assert one.join(empty, "a", "left_anti").count() == one.unionByName(empty).count() == 1


@pytest.mark.parametrize(
    ("kind", "value"), [("int", 1.5), ("bigint", 1.0), ("int", 2**40), ("string", 1), ("bigint", "1"), ("double", "x")]
)
def test_a_value_of_another_type_is_refused(spark: SparkSession, kind: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        make_frame(spark, [(value,)], f"a {kind}")


def test_a_client_before_spark_4_is_given_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no Arrow."""
    given: list[Any] = []

    class Session:
        def createDataFrame(self, data: Any, schema: Any) -> None:  # noqa: N802
            given.append(data)

    monkeypatch.setattr("pyspark.__version__", "3.5.8")
    make_frame(Session(), [("x", None), {"a": "y"}], "a string, b int")  # type: ignore[arg-type]
    assert given == [[("x", None), ("y", None)]]


def test_bytes_are_written_as_small_hex_digits(spark: SparkSession) -> None:
    every = bytes(range(256))
    assert make_frame(spark, [(every,)], "b binary").select(write_hex("b")).collect()[0][0] == every.hex()
