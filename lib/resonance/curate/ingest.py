"""Sources to raw rows: gives each its identity and slice, and quarantines what cannot be read or is there twice.

Of files that did not change since the last run, rows are taken over from the tables: the result is that of a run over all files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.advice import ADVICE
from resonance.core.errors import InputError
from resonance.core.frames import leave_out, look_up, rank_rows, write_hex
from resonance.core.job import Checkpoint, Left, Turn
from resonance.core.ledger import INGEST, make_rejects
from resonance.core.settings import CleanSettings, IngestSettings, TaskSettings
from resonance.curate.carry import REPEATED, Kept
from resonance.curate.delivery import Delivery, list_files, list_withdrawn, open_delivery
from resonance.curate.identity import bucket, doc_id

VERSION = "ingest@1"
READABLE = "rule IS NULL"
PLACED = ("doc_id", "text_hash", "place", "source", "slice", "path", "line", "rule", "value", "threshold", "detail")
"""What says of a row where it stands, who it is, and why it was cut."""
HELD = ("doc_id", "bucket", "batch", "source", "source_key", "slice", "path", "text", "metadata", "line", "own_slice", "text_hash")
"""Columns of ``raw``."""
Books = tuple[DataFrame, DataFrame, DataFrame]
"""Rows of ``files``, ``unused_rows`` and ``withdrawn``."""


@dataclass(frozen=True)
class Split:
    """The rows of a delivery: those that were read now, and those that are taken over; or cut.

    Args:
        fresh: readable rows that were read, each doc_id once, with slice and ``own_slice``.
        kept: rows of ``raw`` that are taken over; none where all is read.
        unused: rows that were cut, in ``PLACED``.
        placed: all rows in ``PLACED``, cut or not.
    """

    fresh: DataFrame
    kept: DataFrame | None
    unused: DataFrame
    placed: DataFrame


def ingest(
    *,
    settings: IngestSettings,
    cleaning: CleanSettings,
    task: TaskSettings,
    turn: Turn,
    spark: SparkSession,
    checkpoint: Checkpoint,
    left: Left | None = None,
) -> tuple[DataFrame, DataFrame, DataFrame, DataFrame, DataFrame]:
    """Raw texts as read, and rejects: every row of the sources is in one of the two. And what the next run knows of the files.

    Sources are read once, those of unchanged files not at all. Shuffles the ids of all rows once, to find keys that come twice;
    texts stay where they are. Of ``cleaning`` counts what it hides: no reject quotes it.

    Raises:
        InputError: an input cannot be found, or no row of the inputs can be used.
    """
    delivery = open_delivery(spark, settings, task, cleaning.hidden, left)
    rows = identify_rows(delivery.reading.rows(), settings, turn)
    split = split_readable(rows, delivery.kept, settings, turn, checkpoint)
    raw = raw_rows(split, turn, F.col("text"))
    return raw, make_ingest_rejects(split.unused, turn), *keep_books(spark, delivery, split, raw, turn, checkpoint)


def identify_rows(rows: DataFrame, settings: IngestSettings, turn: Turn) -> DataFrame:
    """Rows with ``place``, their file and line, and with their identity: ``source_key`` and, where readable, ``doc_id``.

    A key is the row's own id. Of a row without one it is batch, file and line, since other deliveries have files of the same
    names; with ``id_scope`` file, batch and file stand before an own id too. What we exported keeps its key. ``by_name`` says
    whether the file's name is in it.
    """
    place = F.concat_ws(":", "name", "line")
    batch = F.lit(f"{turn.batch}/")
    in_file = F.concat(batch, "name", F.lit("#"), "key")
    own = F.col("key") if settings.id_scope == "source" else F.when(F.col("whole_key"), F.col("key")).otherwise(in_file)
    key = F.coalesce(own, F.concat(batch, place))
    alone = F.col("key").isNotNull() if settings.id_scope == "source" else F.coalesce("whole_key", F.lit(False))
    return rows.withColumns(
        {
            "place": place,
            "source_key": key,
            "doc_id": F.when(F.expr(READABLE), doc_id(F.col("source"), key)),
            "by_name": F.expr(READABLE) & ~alone,
        }
    ).drop("key", "name", "whole_key")


def split_readable(rows: DataFrame, kept: Kept | None, settings: IngestSettings, turn: Turn, checkpoint: Checkpoint) -> Split:
    """Readable rows with their slice, each doc_id once; and those that were cut."""
    read = checkpoint(rows, INGEST if kept is None else "ingest_read")
    placed = read.select(*PLACED, "by_name") if kept is None else checkpoint(_place_all(read, kept), INGEST)
    _refuse_unusable(placed, settings)
    fresh, staying = read.where(READABLE), None if kept is None else kept.raw
    repeated = checkpoint(_find_repeated(placed.where(f"rule IS NULL OR rule = '{REPEATED}'")), "ingest_repeated")
    unused = placed.where(f"rule IS NOT NULL AND rule <> '{REPEATED}'").select(*PLACED)
    if not repeated.isEmpty():
        fresh = leave_out(fresh, repeated, ["doc_id", "place"])
        staying = None if staying is None else leave_out(staying, repeated, ["doc_id", "place"])
        unused = unused.unionByName(repeated)
    fresh = fresh.withColumn("own_slice", F.col("slice"))
    sizes = [frame.select("own_slice") for frame in (fresh, staying) if frame is not None]
    least = settings.min_slice_documents
    counted = reduce(DataFrame.unionByName, sizes).groupBy("own_slice").count().where(F.col("count") < least)
    small = checkpoint(counted.select("own_slice"), "ingest_small")
    named = None if staying is None else _name_slices(staying.withColumn("slice", F.col("own_slice")), small).select(*HELD)
    return Split(_name_slices(fresh, small), named, unused, placed)


def _place_all(read: DataFrame, kept: Kept) -> DataFrame:
    """Every row of the delivery, in ``PLACED``: no texts."""
    nothing = {name: F.lit(None).cast(kind) for name, kind in (("rule", "string"), ("detail", "string"))}
    numbers = {name: F.lit(None).cast("double") for name in ("value", "threshold")}
    never = F.lit(None).cast("boolean").alias("by_name")
    raw = kept.raw.withColumns({"slice": F.col("own_slice"), **nothing, **numbers}).select(*PLACED, never)
    unused = kept.unused.select(*PLACED, never)
    return read.select(*PLACED, "by_name").unionByName(raw).unionByName(unused)


def _find_repeated(readable: DataFrame) -> DataFrame:
    """Rows whose source and key an earlier one has, the order being content, then place. Shuffles ids, and the few that repeat."""
    twice = readable.groupBy("doc_id").count().where("count > 1").select("doc_id")
    same = F.concat(F.lit("source and key as doc_id "), write_hex("doc_id"))
    ranked = (
        readable.join(twice, "doc_id", "left_semi")
        .withColumn("rank", rank_rows(["doc_id"], ["text_hash", "place"]))
        .where("rank > 1")
    )
    said = {
        "rule": F.lit(REPEATED),
        "value": F.col("rank").cast("double"),
        "threshold": F.lit(1.0),
        "detail": same,
    }
    return ranked.withColumns(said).select(*PLACED)


def _name_slices(readable: DataFrame, small: DataFrame) -> DataFrame:
    """Rows of the slices in ``small`` join ``other/<kind>``, the kind being what follows the last slash.

    Where there is none, rows stay as they are: a join would copy every text, once for each table that is made of them.
    """
    if small.isEmpty():
        return readable
    kind = F.when(F.col("slice").contains("/"), F.substring_index("slice", "/", -1)).otherwise("text")
    # cast: what substring_index of the embedded engine makes is a string of another layout, which a union does not settle
    named = F.when(F.col("small"), F.concat(F.lit("other/"), kind)).otherwise(F.col("slice")).cast("string")
    marked = F.broadcast(small.withColumn("small", F.lit(True)))
    return look_up(readable, marked, ["own_slice"], keep=True).withColumn("slice", named).drop("small")


def raw_rows(split: Split, turn: Turn, text: Column) -> DataFrame:
    """Rows of ``raw``."""
    known = {"bucket": bucket(F.col("doc_id")), "batch": F.lit(turn.batch), "text": text.cast("string")}
    read = split.fresh.withColumns(known).select(*HELD)
    return read if split.kept is None else read.unionByName(split.kept)


def keep_books(spark: SparkSession, delivery: Delivery, split: Split, raw: DataFrame, turn: Turn, checkpoint: Checkpoint) -> Books:
    """What the next run knows of files and of rows that were cut, and the documents that this one no longer finds."""
    by_line = bucket(F.concat_ws(":", "path", "line").cast("binary"))
    unused = split.unused.drop("place").withColumns({"batch": F.lit(turn.batch), "bucket": by_line})
    ids = checkpoint(raw.select("doc_id"), "ingest_ids") if delivery.left is not None else raw.select("doc_id")
    withdrawn = list_withdrawn(spark, delivery, ids)
    return list_files(spark, delivery, split.placed, split.unused, turn.batch), unused, withdrawn


def make_ingest_rejects(cut: DataFrame, turn: Turn) -> DataFrame:
    """Ledger rows. What never became a document has no doc_id: it is named by its file and line."""
    path = F.concat_ws(":", "path", "line")
    named = {"batch": F.lit(turn.batch), "bucket": bucket(path.cast("binary")), "doc_id": F.lit(None).cast("binary")}
    rule, value, threshold, detail = (F.col(name) for name in ("rule", "value", "threshold", "detail"))
    return make_rejects(
        cut.withColumns(named), INGEST, VERSION, rule=rule, value=value, threshold=threshold, detail=detail, path=path
    )


def _refuse_unusable(rows: DataFrame, settings: IngestSettings) -> None:
    """Raise InputError unless a row is readable: it says which rule cut most rows, with one example."""
    if not rows.where(READABLE).isEmpty():
        return
    given = ", ".join(settings.inputs) or "the demo source"
    example = F.min(F.struct(F.concat_ws(":", "path", "line"), "detail")).alias("example")
    worst = rows.groupBy("rule").agg(F.count(F.lit(1)).alias("rows"), example).orderBy(F.desc("rows"), "rule").first()
    if worst is None:
        raise InputError(f"ingest: {given} holds no rows; give files that are not empty")
    place, detail = worst["example"]
    advice = ADVICE.get(worst["rule"], "give files that can be read")
    raise InputError(f"ingest: no row of {given} can be used; {worst['rows']} are {worst['rule']}, as {place} ({detail}); {advice}")
