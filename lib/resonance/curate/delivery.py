"""What one run reads of a batch and what it takes over, and what the next one will know of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.expression import Hidden
from resonance.core.frames import make_frame
from resonance.core.job import Left
from resonance.core.settings import IngestSettings, TaskSettings
from resonance.core.sources import are_tables, find_files
from resonance.curate.carry import Kept, read_repeated, take_over
from resonance.curate.sources.changes import DELETED, PRESENT, Entry, compare_files, find_deleted, hash_inputs
from resonance.curate.sources.demo import read_demo
from resonance.curate.sources.read import read_files
from resonance.curate.sources.row import Reading

ENTRY = "path string, name string, size bigint, modified bigint, sha256 string, state string, renamed_from string, opened boolean"
TAKEN_OVER = "was_named boolean"
COUNTS = "rows bigint, rejects bigint, by_name boolean"
FILES = ("path", "name", "size", "modified", "sha256", "rows", "rejects", "state", "renamed_from", "by_name", "opened", "batch")
LEFT = ("batch", "bucket", "doc_id", "source", "source_key", "slice", "path", "line", "reason")
FILE_DELETED, ROW_GONE = "file_deleted", "row_gone"


@dataclass(frozen=True)
class Delivery:
    """The rows that are read, and what is known of the files that they and others come from.

    Args:
        reading: the rows that are read.
        entries: the files; none of sources that are no files.
        deleted: rows of table ``files`` whose file is gone.
        kept: rows that are taken over; none where everything is read.
        left: what the last run left; none where it does not count.
    """

    reading: Reading
    entries: tuple[Entry, ...] = ()
    deleted: tuple[Mapping[str, Any], ...] = field(default=())
    kept: Kept | None = None
    left: Left | None = None


def open_delivery(spark: SparkSession, settings: IngestSettings, task: TaskSettings, hidden: Hidden, left: Left | None) -> Delivery:
    """The inputs, held against what the last run ``left``. Files that may have changed are hashed, by tasks.

    What is ``hidden`` is quoted in no reason why a row was cut.

    Raises:
        InputError: an input cannot be read, or the demo is asked for examples that it has not.
    """
    if settings.demo:
        if task.kind != "language":
            raise InputError(f"ingest: the demo source holds no examples for {task.kind}; name files in ingest.inputs")
        return Delivery(read_demo(spark, settings))
    if are_tables(settings.inputs):
        return Delivery(read_files(spark, settings, task, hidden=hidden))
    files = find_files(settings.inputs)
    known = [] if left is None else [row.asDict() for row in left["files"].collect()]
    entries = compare_files(files, known, partial(hash_inputs, spark))
    if left is None:
        return Delivery(read_files(spark, settings, task, files=files, hidden=hidden), tuple(entries))
    entries = read_repeated(spark, left, entries)
    asked = {entry.path for entry in entries if entry.was is None}
    opened = [file for file in files if file.shown in asked]
    reading = read_files(spark, settings, task, files=opened, hidden=hidden, whole=len(opened) == len(files))
    return Delivery(reading, tuple(entries), tuple(find_deleted(entries, known)), take_over(spark, left, entries), left)


def list_files(spark: SparkSession, delivery: Delivery, placed: DataFrame, unused: DataFrame, batch: str) -> DataFrame:
    """Rows of ``files``: those that are there with their rows as counted now, and those that are gone with what they held."""
    there = [
        (e.path, e.name, e.size, e.modified, e.sha256, PRESENT, e.renamed_from, e.was is None, e.by_name) for e in delivery.entries
    ]
    entries = make_frame(spark, there, f"{ENTRY}, {TAKEN_OVER}")
    rows = placed.groupBy("path").agg(F.count(F.lit(1)).alias("rows"), F.max("by_name").alias("by_name"))
    rejects = unused.groupBy("path").agg(F.count(F.lit(1)).alias("rejects"))
    counted = entries.join(rows, "path", "left").join(rejects, "path", "left")
    full = counted.withColumns(
        {
            "rows": F.coalesce("rows", F.lit(0)),
            "rejects": F.coalesce("rejects", F.lit(0)),
            "by_name": F.coalesce("was_named", "by_name", F.lit(False)),
            "batch": F.lit(batch),
        }
    ).select(*FILES)
    names = [name for name in FILES if name != "batch"]
    gone = [tuple({**row, "state": DELETED, "opened": False}[name] for name in names) for row in delivery.deleted]
    schema = ", ".join(f"{name} {_KINDS[name]}" for name in names)
    return full.unionByName(make_frame(spark, gone, schema).withColumn("batch", F.lit(batch)).select(*FILES))


def list_withdrawn(spark: SparkSession, delivery: Delivery, ids: DataFrame) -> DataFrame:
    """Rows of ``withdrawn``: documents that were there, now or since an earlier run, and are not among ``ids``. Joins by doc_id."""
    left = delivery.left
    if left is None:
        kinds = "batch string, bucket int, doc_id binary, source string, source_key string, slice string, path string, line bigint"
        return make_frame(spark, [], f"{kinds}, reason string")
    paths = [(row["path"],) for row in delivery.deleted]
    deleted = F.broadcast(make_frame(spark, paths, "path string").withColumn("deleted", F.lit(True)))
    lost = left["raw"].select(*LEFT[:-1]).join(ids, "doc_id", "left_anti").join(deleted, "path", "left")
    reason = F.when(F.col("deleted"), F.lit(FILE_DELETED)).otherwise(F.lit(ROW_GONE))
    earlier = left["withdrawn"].select(*LEFT).join(ids, "doc_id", "left_anti")
    return lost.withColumn("reason", reason).select(*LEFT).unionByName(earlier)


_KINDS = dict(part.split() for part in f"{ENTRY}, {COUNTS}".split(", "))
