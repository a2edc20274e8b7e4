"""What a kernel yields is what was declared, value for value, and what it raises names the row that it met."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import types as T

from resonance.core.errors import InputError, KernelError
from resonance.core.frames import Named

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
