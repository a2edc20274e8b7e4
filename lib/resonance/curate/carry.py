"""Rows that stay as they are from run to run: no file is opened for them and no text is measured again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.frames import leave_out, look_up, make_frame
from resonance.core.job import Checkpoint, Left
from resonance.curate.sources.changes import Entry

REPEATED = "duplicate_key"
"""The rule for rows whose source and key another row has: their texts are in no table, so that they may have to be read again."""


@dataclass(frozen=True)
class Kept:
    """Rows of files that are not read again, under the paths of today, each with its ``place``.

    Args:
        raw: rows of ``raw``.
        unused: rows of ``unused_rows``.
    """

    raw: DataFrame
    unused: DataFrame


@dataclass(frozen=True)
class Stay:
    """Which rows of a job's tables stay.

    Args:
        gone: ``doc_id`` of those that do not.
        renamed: ``doc_id`` and ``slice`` of those that stay under another slice.
    """

    gone: DataFrame
    renamed: DataFrame

    def keep(self, rows: DataFrame) -> DataFrame:
        """The rows of a table that stay."""
        return rows if self.gone.isEmpty() else leave_out(rows, self.gone, ["doc_id"]).select(*rows.columns)

    def keep_named(self, rows: DataFrame) -> DataFrame:
        """The rows of a table that stay, under the slices of today."""
        held = self.keep(rows)
        if self.renamed.isEmpty():
            return held
        now = self.renamed.select("doc_id", F.col("slice").alias("now"))
        named = look_up(held, now, ["doc_id"], keep=True).withColumn("slice", F.coalesce("now", "slice").cast("string"))
        return named.select(*rows.columns)


def find_staying(before: DataFrame, now: DataFrame, checkpoint: Checkpoint) -> Stay:
    """What stays of rows that were there ``before``, given ``doc_id`` and ``slice`` of those that are taken over ``now``.

    Two joins of ids and slices.
    """
    was = before.select("doc_id", F.col("slice").alias("was"))
    gone = checkpoint(was.join(now, "doc_id", "left_anti").select("doc_id"), "gone")
    renamed = checkpoint(was.join(now, "doc_id").where("was <> slice").select("doc_id", "slice"), "renamed")
    return Stay(gone, renamed)


def take_over(spark: SparkSession, left: Left, entries: Sequence[Entry]) -> Kept:
    """The rows of files that are not read again. One join with their names, in which no text moves."""
    moved = [(entry.was, entry.path, entry.name) for entry in entries if entry.was is not None]
    files = F.broadcast(make_frame(spark, moved, "path string, now string, name string"))

    def follow(rows: DataFrame) -> DataFrame:
        place = F.concat_ws(":", "name", "line")
        return look_up(rows, files, ["path"]).withColumns({"path": F.col("now"), "place": place}).drop("now", "name")

    return Kept(follow(left["raw"]), follow(left["unused_rows"]))


def read_repeated(spark: SparkSession, left: Left, entries: Sequence[Entry]) -> list[Entry]:
    """``entries`` in which files are read again that hold a row which may now be the first of its source and key.

    That is so where the row that was first stood in a file that changed, was moved or is gone: and of rows of equal text the place
    decides, so that a moved file with such a row is read too.
    """
    repeats = left["unused_rows"].where(F.col("rule") == REPEATED)
    if repeats.isEmpty():
        return list(entries)
    kept = [(entry.was,) for entry in entries if entry.was is not None and not entry.moved]
    still = F.broadcast(make_frame(spark, kept, "path string"))
    lost = left["raw"].select("doc_id", "path").join(still, "path", "left_anti").select("doc_id")
    found = (
        repeats.join(lost, "doc_id", "left_semi")
        .select("path")
        .unionByName(repeats.join(still, "path", "left_anti").select("path"))
    )
    again = {row["path"] for row in found.distinct().collect()}
    return [entry._replace(was=None, by_name=None) if entry.was in again else entry for entry in entries]
