"""Delta tables as sources: every row of the current version, read by the engine, in the columns of the other readers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.files import plain_path, refuse_escaped
from resonance.core.objects import NEED_JARS, is_address, is_elsewhere, parse_address
from resonance.core.sources import input_path
from resonance.curate.sources.row import Fields, Reading, Row, Unit, in_batches, json_of, plain_values, read_row, refuse_without

if TYPE_CHECKING:
    from pyarrow import RecordBatch

STEP = 500
"""Rows that are Python objects at a time."""


def read_tables(spark: SparkSession, inputs: Sequence[str], fields: Fields) -> Reading:
    """The rows of Delta tables, without a shuffle. Rows of a table have no order, so none has a line: its id names it.

    Raises:
        InputError: no column names the rows, a column that is asked for is missing, or Spark has no jars for buckets.
    """
    if fields.id is None:
        raise InputError(
            "ingest: rows of a Delta table have no name of their own; set ingest.id_field to the column that holds one"
        )
    return Reading(reduce(DataFrame.unionByName, (_records(spark, given, fields) for given in inputs)), ReadRecords(fields))


def _records(spark: SparkSession, given: str, fields: Fields) -> DataFrame:
    place, name = _locate(given)
    try:
        table = spark.read.format("delta").load(place)
    except Exception as error:
        if "S3AFileSystem" in str(error):  # Hadoop's class for buckets, which it could not load
            raise InputError(f"ingest: {given}: {NEED_JARS}") from error
        raise
    refuse_without(table.columns, given, fields)
    return table.select(
        F.lit(given).alias("shown"),
        F.lit(name).alias("name"),
        F.monotonically_increasing_id().alias("number"),
        F.struct("*").alias("record"),
    )


def _locate(given: str) -> tuple[str, str]:
    """Where a table lies, as engines are told it, and its name."""
    if is_elsewhere(given):
        address = parse_address(given)
        place = address._replace(scheme="s3a") if is_address(given) else address  # of buckets, Spark knows this scheme alone
        return str(place), address.key.rpartition("/")[2]
    path = input_path(given)
    refuse_escaped(path, "ingest")
    return str(plain_path(path)), path.name


@dataclass(frozen=True)
class ReadRecords:
    """Turns batches of records into batches of rows, on a worker."""

    fields: Fields

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """The rows of the records in ``batches``."""
        rows = (
            self._row(row["shown"], row["name"], row["number"], row["record"])
            for batch in batches
            for start in range(0, batch.num_rows, STEP)
            for row in _rows_of(batch.slice(start, STEP))
        )
        return in_batches(rows, self.fields.hidden)

    def _row(self, shown: str, name: str, number: int, record: dict[str, Any]) -> Row:
        """A row; among those of its key its content orders it. The number differs by engine: it only tells equal rows apart."""
        own, content = record.get(self.fields.id or ""), hashlib.sha256((json_of(record) or "").encode()).hexdigest()
        row = read_row(record, Unit("", f"{name}:{content}:{number}", shown, "delta", "", 0, 0, 0), None, self.fields)
        return row if row.rule is None or own is None else row._replace(path=f"{shown}:{own}")


def _rows_of(batch: RecordBatch) -> Iterator[dict[str, Any]]:
    try:
        yield from batch.to_pylist(maps_as_pydicts="lossy")
    except (OverflowError, ValueError, KeyError):  # a date that Python has not
        records = batch.column("record")
        fields = {field.name: plain_values(records.field(field.name)) for field in records.type}
        others = batch.drop_columns(["record"]).to_pylist()
        for place, row in enumerate(others):
            yield row | {"record": {name: values[place] for name, values in fields.items()}}
