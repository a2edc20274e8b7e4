"""Delta tables as sources: every row of the current version, read by Spark, told in the words of the other readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.files import plain_path, refuse_escaped
from resonance.core.sources import input_path
from resonance.curate.readers_row import Fields, Reading, Unit, in_batches, refuse_without, row_of

if TYPE_CHECKING:
    from pyarrow import RecordBatch


def read_tables(spark: SparkSession, inputs: Sequence[str], fields: Fields) -> Reading:
    """The rows of Delta tables. No shuffle; a row's number is its place in the order in which Spark reads the version.

    Raises:
        InputError: no column names the rows, or a column that is asked for is missing.
    """
    if fields.id is None:
        raise InputError(
            "ingest: rows of a Delta table have no name of their own; set ingest.id_field to the column that holds one"
        )
    return Reading(reduce(DataFrame.unionByName, (_records(spark, given, fields) for given in inputs)), ReadRecords(fields))


def _records(spark: SparkSession, given: str, fields: Fields) -> DataFrame:
    path = input_path(given)
    refuse_escaped(path, "ingest")
    table = spark.read.format("delta").load(str(plain_path(path)))
    refuse_without(table.columns, given, fields)
    return table.select(
        F.lit(given).alias("shown"),
        F.lit(path.name).alias("name"),
        (F.monotonically_increasing_id() + 1).alias("line"),
        F.to_json(F.struct("*"), {"ignoreNullFields": "false"}).alias("record"),
    )


@dataclass(frozen=True)
class ReadRecords:
    """Turns batches of records into batches of rows, on a worker."""

    fields: Fields

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """The rows of the records in ``batches``."""
        return in_batches(
            row_of(json.loads(row["record"]), Unit("", row["name"], row["shown"], "delta", "", 0, 0, 0), row["line"], self.fields)
            for batch in batches
            for row in batch.to_pylist()
        )
