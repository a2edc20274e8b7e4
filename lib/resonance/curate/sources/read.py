"""Files to rows: plans what a task reads, and reads it in one streaming pass. No file is ever held whole.

A unit of work is a range of bytes of one file. Plain JSON lines and Parquet are cut into ranges (a line belongs to the range
it begins in, a row group to the range its first page lies in), so one large file feeds many tasks; other files are one range
each. Spark's own readers are not used: they cannot say which line a text came from, hold a line of any length whole, and end
the job, or lose rows without a word, where one file of many is broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from resonance.core.errors import InputError, StorageError
from resonance.core.expression import NO_MORE, Hidden
from resonance.core.frames import make_frame, map_batches
from resonance.core.settings import IngestSettings, TaskSettings
from resonance.core.sources import File, are_tables, find_files
from resonance.curate.sources.delta import read_tables
from resonance.curate.sources.readers import READERS
from resonance.curate.sources.row import LANGUAGE, Fields, Reading, Row, Unit, arrow_schema, broken, in_batches, quarantine_row

if TYPE_CHECKING:
    from pyarrow import RecordBatch

SPLIT_BYTES = 64 << 20
MIN_TASKS = 16
UNIT_SCHEMA = (
    "path string, name string, shown string, format string, codec string, start bigint, stop bigint, before bigint, fault string"
)


def read_files(
    spark: SparkSession,
    settings: IngestSettings,
    task: TaskSettings = LANGUAGE,
    split_bytes: int = SPLIT_BYTES,
    files: Sequence[File] | None = None,
    hidden: Hidden = NO_MORE,
    whole: bool = True,
) -> Reading:
    """The rows of all input files or Delta tables: readable ones with their text, broken ones with the rule that cut them.

    Where ``files`` names some of them, only these are opened; ``whole`` says that they are the whole delivery. What is ``hidden``
    is quoted in no reason.

    Shuffles names of files, never text. Files larger than ``split_bytes`` that hold JSON lines are read twice: once to count
    lines, so that each range knows the number of its first.

    Raises:
        InputError: an input is missing, has no files, is of no known format, or no file of a whole delivery has its columns.
    """
    fields = Fields.of(settings, task, hidden)
    if are_tables(settings.inputs):
        if settings.id_scope == "file":
            raise InputError("ingest: rows of a Delta table lie in no file of their own; leave ingest.id_scope=source")
        return read_tables(spark, settings.inputs, fields)
    files = find_files(settings.inputs) if files is None else files
    if whole:
        require_columns(files, fields)
    units = [unit for file in files for unit in plan_units(file, split_bytes)]
    tasks = min(max(len(units), 1), max(MIN_TASKS, sum(u.stop - u.start for u in units) // split_bytes))
    frame = make_frame(spark, [tuple(u) for u in units], UNIT_SCHEMA).repartition(tasks)
    if any(_counts_lines(unit) and unit.start > 0 for unit in units):
        frame = _number_lines(frame, tasks)
    return Reading(frame, Read(fields), _weigh)


def require_columns(files: Iterable[File], fields: Fields) -> None:
    """Raise InputError where every file names its columns, and none those that the settings ask for.

    One such file among others never ends a job: its rows are cut, each with its reason.
    """
    refused: InputError | None = None
    for file in files:
        if file.format not in READERS:
            continue
        refuse = READERS[file.format].refuse
        if refuse is None or file.codec:
            return
        try:
            refuse(file.path, file.shown, fields)
        except InputError as error:
            refused = refused or error
        else:
            return
    if refused is not None:
        raise refused


@dataclass(frozen=True)
class Read:
    """Turns batches of units into batches of rows, on a worker."""

    fields: Fields

    def __call__(self, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
        """The rows of the units in ``batches``."""
        return in_batches(chain.from_iterable(self.rows(unit) for unit in _receive_units(batches)), self.fields.hidden)

    def rows(self, unit: Unit) -> Iterator[Row]:
        """What one unit holds; where it breaks, the rows before the break and one that names the file."""
        if unit.fault:
            yield quarantine_row(unit, None, "broken_file", unit.fault)
            return
        if unit.format not in READERS:
            yield quarantine_row(unit, None, "unknown_format", "no known extension")
            return
        try:
            yield from READERS[unit.format].rows(unit, self.fields)
        except (MemoryError, StorageError):
            raise
        except Exception as error:
            yield broken(unit, error, unit.before + 1 if unit.start else None)


def plan_units(file: File, split_bytes: int) -> Iterator[Unit]:
    """Ranges of about ``split_bytes`` of a file that may be cut into such, else the whole file."""
    splits = file.format and not file.codec and file.size > split_bytes and READERS[file.format].splits(file.path)
    step = split_bytes if splits else max(file.size, 1)
    for start in range(0, max(file.size, 1), step):
        stop = min(start + step, file.size)
        yield Unit(file.path, file.name, file.shown, file.format, file.codec, start, stop, 0, file.fault)


def _number_lines(units: DataFrame, tasks: int) -> DataFrame:
    """``units`` with ``before``: how many lines of the file begin before the range."""
    earlier = Window.partitionBy("path").orderBy("start").rowsBetween(Window.unboundedPreceding, -1)
    counted = map_batches(units, _count, UNIT_SCHEMA, _weigh)
    summed = counted.withColumn("before", F.coalesce(F.sum("before").over(earlier), F.lit(0)))
    return summed.repartition(tasks)


def _count(batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    for unit in _receive_units(batches):
        count = READERS[unit.format].count_lines if _counts_lines(unit) else None
        yield pa.RecordBatch.from_pylist([unit._replace(before=count(unit) if count else 0)._asdict()], schema=_UNITS)


def _counts_lines(unit: Unit) -> bool:
    return not unit.codec and unit.format in READERS and READERS[unit.format].count_lines is not None


def _weigh(batch: RecordBatch) -> int:
    return int(pc.sum(pc.subtract(batch.column("stop"), batch.column("start"))).as_py() or 0)


def _receive_units(batches: Iterable[RecordBatch]) -> Iterator[Unit]:
    return (Unit(**row) for batch in batches for row in batch.to_pylist())


_UNITS = arrow_schema(UNIT_SCHEMA)
