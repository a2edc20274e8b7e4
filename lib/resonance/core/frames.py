"""Portable words: operations that Spark and the embedded engine spell differently, or that one of them gets wrong silently.

A test forbids the bare forms elsewhere. Where the engines differ, Spark's answer counts; each function says what differs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.core.arrow import make_arrow
from resonance.core.errors import KernelError, ResonanceError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Kernel = Callable[[Iterable[Any]], Iterator[Any]]
"""From an iterator of Arrow record batches to one; it runs on a worker and is pickled."""
NAMES = ("doc_id", "shown", "path", "source_key", "item_id", "component")
"""Columns that name what a row is about, the best name first."""


def run_here(kernel: Kernel, batches: Iterator[Any], weigh: Callable[[Any], int] | None, turnstile: str) -> Iterator[Any]:
    """Run a kernel in the process that asks for it, as a Spark worker does."""
    return kernel(batches)


carry: Callable[[Kernel, Iterator[Any], Callable[[Any], int] | None, str], Iterator[Any]] = run_here
"""How this process runs kernels; an engine whose workers are threads puts a pool of processes here."""


def rank_rows(within: Sequence[str | Column], order: Sequence[str | Column]) -> Column:
    """The number of a row among those of equal ``within``, from 1, by ``order``. One shuffle by ``within``.

    The frame is written out: the embedded engine refuses the usual one where the first key is binary.
    """
    window = Window.partitionBy(*within).orderBy(*order)
    return F.row_number().over(window.rowsBetween(Window.unboundedPreceding, Window.currentRow))


def add_group_values(rows: DataFrame, within: Sequence[str], values: Mapping[str, Column], where: str = "true") -> DataFrame:
    """``rows`` of groups for which ``where`` holds, with ``values`` of their group: sums, counts, smallest ones.

    A group-by and a join with its result, where a window would do: the embedded engine holds all rows of a window's part at once,
    and takes ten times as long. One shuffle of ``rows`` by ``within``, and of partial results. Keys must not be null.
    """
    groups = rows.groupBy(*within).agg(*(value.alias(name) for name, value in values.items())).where(where)
    return groups.join(rows, list(within)).select(*rows.columns, *values)


def look_up(rows: DataFrame, known: DataFrame, on: Sequence[str], *, keep: bool = False) -> DataFrame:
    """``rows`` with the other columns of ``known``; those whose key it lacks go, or where ``keep`` is set stay, with nulls.

    For rows that hold texts. The embedded engine gathers what stands on the left of a join in memory, one array a column, and
    an array of texts ends at 2 GB: ``known``, which has no texts and each key once, is therefore put there.
    """
    others = [name for name in known.columns if name not in on]
    joined = known.join(rows, list(on), "right") if keep else known.join(rows, list(on), "inner")
    return joined.select(*rows.columns, *others)


def leave_out(rows: DataFrame, ids: DataFrame, on: Sequence[str]) -> DataFrame:
    """``rows`` whose key is not among ``ids``: an anti-join for rows that hold texts, as ``look_up`` says."""
    marked = ids.select(*on).distinct().withColumn("known", F.lit(True))
    return look_up(rows, marked, on, keep=True).where("known IS NULL").drop("known")


def group_rows(rows: DataFrame, key: str, order: str, column: str = "nth") -> DataFrame:
    """``rows`` such that a kernel meets those of equal ``key`` one after another, by ``order``; ``column`` numbers them.

    A sort before a kernel is no promise: the embedded engine leaves it out. A window's order holds in both. One shuffle by key.
    """
    return rows.withColumn(column, rank_rows([key], [order]))


def find_quantiles(value: Column, shares: Sequence[float]) -> Column:
    """An array of exact quantiles of ``value``, interpolated linearly, null where there is no value.

    Approximate ones differ between the engines. Memory grows with the distinct values of a group: sample large ones first.
    """
    return F.array(*(F.percentile(value, share) for share in shares))


def pluck_field(array: Column, field: str) -> Column:
    """One field of each struct of an array. The embedded engine takes ``array["field"]`` for a place in the array."""
    return F.transform(array, lambda element: element[field])


def write_hex(value: str | Column) -> Column:
    """Bytes as hex digits, small letters. ``lower`` would do: at its first row Spark 4 loads tables of Unicode for two seconds."""
    return F.translate(F.hex(value), "ABCDEF", "abcdef")


def map_batches(
    rows: DataFrame, kernel: Kernel, schema: str | T.StructType, weigh: Callable[[Any], int] | None = None
) -> DataFrame:
    """The batches that ``kernel`` makes of those of ``rows``, by one Python pass over Arrow batches; nothing is shuffled.

    Args:
        rows: what the kernel reads.
        kernel: pickled, and run on workers, on a part of the rows each.
        schema: what the kernel yields. Batches of other types raise; the embedded engine would read them as nulls.
        weigh: bytes of work in a batch, for small rows that say where work is: all of a part may be read before any is done.
            Where nothing is given, the rows themselves are the work.

    Raises:
        KernelError: on a worker, an error in the kernel, with the name of the row that it met.
    """
    declared = schema if isinstance(schema, T.StructType) else parse_schema(schema)
    return rows.mapInArrow(Guarded(kernel, declared.json(), weigh, uuid.uuid4().hex), declared)


def load_parquet(session: SparkSession, paths: Sequence[str], schema: T.StructType) -> DataFrame:
    """The rows of Parquet files or folders, with these columns; one that a file lacks is null.

    All columns may be null, as Spark makes them: where a schema says that one may not, the embedded engine refuses lists
    of other writers, and without a schema it reads zeros where a file lacks a column.
    """
    return session.read.schema(_allow_nulls(schema)).parquet(*paths)


def make_frame(session: SparkSession, rows: Iterable[Sequence[Any] | Mapping[str, Any]], schema: str | T.StructType) -> DataFrame:
    """These rows of the driver as a frame, in which every column may be null.

    They are handed over as Arrow, so that a plan holds them: rows of a plain list are read by tasks in Python on Spark, which take
    longer than most small queries, and a join with none is planned like any other. Spark 3.5 takes lists alone.

    Raises:
        TypeError, ValueError: as ``make_arrow``.
    """
    import pyspark

    nullable = _allow_nulls(schema if isinstance(schema, T.StructType) else parse_schema(schema))
    table = make_arrow(rows, nullable)
    if int(pyspark.__version__.split(".")[0]) < 4:  # refuses 0 for 0.0, which Arrow takes
        lists = (column.to_pylist(maps_as_pydicts="strict") for column in table.columns)
        return session.createDataFrame(list(zip(*lists, strict=True)), nullable)
    return session.createDataFrame(table, nullable)


def _allow_nulls(schema: T.StructType) -> T.StructType:
    return T.StructType([T.StructField(field.name, field.dataType, True) for field in schema.fields])


def parse_schema(text: str) -> T.StructType:
    """The schema that ``name type, …`` names. Asks no engine: Spark would need a session for it."""
    fields = []
    for part in _split_at_top(text, ","):
        name, _, kind = part.strip().partition(" ")
        fields.append(T.StructField(name.strip("`"), parse_type(kind.strip())))
    return T.StructType(fields)


@dataclass(frozen=True)
class Guarded:
    """A kernel whose batches are held to what was declared, and whose errors name the row that they met.

    ``turnstile`` names the pass: an engine may let only so many parts of one pass through at a time.
    """

    kernel: Kernel
    schema: str
    weigh: Callable[[Any], int] | None
    turnstile: str

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The kernel's batches, in the declared types."""
        from resonance.core import frames

        return frames.carry(Named(self.kernel, self.schema), iter(batches), self.weigh, self.turnstile)


@dataclass(frozen=True)
class Named:
    """What a worker runs: the kernel, its result's types and its errors."""

    kernel: Kernel
    schema: str

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The kernel's batches, in the declared types."""
        import json

        from pyspark.sql.pandas.types import to_arrow_schema

        declared = to_arrow_schema(T.StructType.fromJson(json.loads(self.schema)))
        seen: list[Any] = [None]

        def watched() -> Iterator[Any]:
            for batch in batches:
                seen[0] = batch
                yield batch

        try:
            for batch in self.kernel(watched()):
                yield _conform(batch, declared)
        except ResonanceError:
            raise
        except (GeneratorExit, MemoryError):
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            raise KernelError(f"{_name_row(self.kernel, seen[0])}: {said}") from error


def _conform(batch: Any, declared: Any) -> Any:
    import pyarrow as pa

    if batch.schema.equals(declared, check_metadata=False):
        return batch
    if batch.schema.names != declared.names:
        raise KernelError(f"a kernel yields columns {batch.schema.names} where {declared.names} are declared")
    columns = []
    for column, field in zip(batch.columns, declared, strict=True):
        if column.type != field.type and not _alike(column.type, field.type):
            raise KernelError(f"a kernel yields {column.type} for column {field.name}, which is declared as {field.type}")
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=declared)


def _alike(one: Any, other: Any) -> bool:
    """Whether two Arrow types hold the same values in another layout: large or small offsets, other names of list elements."""
    import pyarrow.types as kinds

    if kinds.is_null(one):
        return True
    pairs = ((_is_text, _is_text), (_is_bytes, _is_bytes))
    if any(a(one) and b(other) for a, b in pairs):
        return True
    if _is_list(one) and _is_list(other):
        return one.value_type == other.value_type or _alike(one.value_type, other.value_type)
    if kinds.is_struct(one) and kinds.is_struct(other):
        mine, theirs = list(one), list(other)
        return [f.name for f in mine] == [f.name for f in theirs] and all(
            a.type == b.type or _alike(a.type, b.type) for a, b in zip(mine, theirs, strict=True)
        )
    if kinds.is_map(one) and kinds.is_map(other):
        return all(a == b or _alike(a, b) for a, b in ((one.key_type, other.key_type), (one.item_type, other.item_type)))
    return bool(kinds.is_timestamp(one) and kinds.is_timestamp(other) and one.unit == other.unit)


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _is_bytes(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(
        kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_fixed_size_binary(kind) or kinds.is_binary_view(kind)
    )


def _is_list(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_list(kind) or kinds.is_large_list(kind))


def _name_row(kernel: Kernel, batch: Any) -> str:
    """What names the row of a batch at which a kernel fails: each is tried alone. The first of them where none does."""
    if batch is None or not batch.num_rows:
        return "a kernel failed before its first row"
    column = next((name for name in NAMES if name in batch.schema.names), None)
    if column is None:
        return f"a kernel failed among {batch.num_rows} rows"
    failed = next((row for row in range(batch.num_rows) if _fails(kernel, batch.slice(row, 1))), None)
    value = batch.column(column)[failed or 0].as_py()
    name = value.hex() if isinstance(value, bytes) else repr(value)
    return f"{column} {name}" if failed is not None else f"among {batch.num_rows} rows from {column} {name}"


def _fails(kernel: Kernel, batch: Any) -> bool:
    try:
        for _ in kernel(iter([batch])):
            pass
    except Exception:
        return True
    return False


_PLAIN = {
    "binary": T.BinaryType(),
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "long": T.LongType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "timestamp": T.TimestampType(),
}


def parse_type(kind: str) -> T.DataType:
    """The type of this name.

    Raises:
        ValueError: there is none, or none that tables of ours hold.
    """
    low = kind.lower()
    if low.startswith("array<"):
        return T.ArrayType(parse_type(kind[6:-1]))
    if low.startswith("map<"):
        key, value = _split_at_top(kind[4:-1], ",")
        return T.MapType(parse_type(key.strip()), parse_type(value.strip()))
    if low.startswith("struct<"):
        fields = (part.strip().partition(":") for part in _split_at_top(kind[7:-1], ","))
        return T.StructType([T.StructField(name.strip(), parse_type(inner.strip())) for name, _, inner in fields])
    try:
        return _PLAIN[low]
    except KeyError:
        raise ValueError(f"type {kind!r} is none of {', '.join(sorted(_PLAIN))}, array<…>, map<…> or struct<…>") from None


def _split_at_top(text: str, separator: str) -> Iterator[str]:
    depth, start = 0, 0
    for place, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == separator and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]
