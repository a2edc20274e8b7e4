"""Sources to raw rows: gives each its identity and slice, and quarantines what cannot be read or is there twice."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.advice import ADVICE
from resonance.core.errors import InputError
from resonance.core.frames import leave_out, look_up, rank_rows
from resonance.core.job import Checkpoint, Turn
from resonance.core.ledger import INGEST, make_rejects
from resonance.core.settings import IngestSettings, TaskSettings
from resonance.curate.identity import bucket, doc_id
from resonance.curate.sources.demo import read_demo
from resonance.curate.sources.read import read_files
from resonance.curate.sources.row import Reading

VERSION = "ingest@1"
READABLE = "rule IS NULL"


def ingest(
    *, settings: IngestSettings, task: TaskSettings, turn: Turn, spark: SparkSession, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame]:
    """Raw texts as read, and rejects: every row of the sources is in one of the two.

    Sources are read once. Shuffles the ids of all rows once, to find keys that come twice; texts stay where they are.

    Raises:
        InputError: an input cannot be found, or no row of the inputs can be used.
    """
    rows = checkpoint(identify_rows(open_sources(spark, settings, task).rows(), settings, turn), "ingest")
    readable, rejects = split_readable(rows, settings, turn, checkpoint)
    return raw_rows(readable, turn, F.col("text")), rejects


def open_sources(spark: SparkSession, settings: IngestSettings, task: TaskSettings) -> Reading:
    """What reads the rows of the inputs.

    Raises:
        InputError: an input cannot be read, or the demo is asked for examples that it has not.
    """
    if not settings.demo:
        return read_files(spark, settings, task)
    if task.kind != "language":
        raise InputError(f"ingest: the demo source holds no examples for {task.kind}; name files in ingest.inputs")
    return read_demo(spark, settings)


def identify_rows(rows: DataFrame, settings: IngestSettings, turn: Turn) -> DataFrame:
    """Rows with ``place``, their file and line, and with their identity: ``source_key`` and, where readable, ``doc_id``.

    A key is the row's own id. Of a row without one it is batch, file and line, since other deliveries have files of the same
    names; with ``id_scope`` file, batch and file stand before an own id too. What we exported keeps its key.
    """
    place = F.concat_ws(":", "name", "line")
    batch = F.lit(f"{turn.batch}/")
    in_file = F.concat(batch, "name", F.lit("#"), "key")
    own = F.col("key") if settings.id_scope == "source" else F.when(F.col("whole_key"), F.col("key")).otherwise(in_file)
    key = F.coalesce(own, F.concat(batch, place))
    return rows.withColumns(
        {
            "place": place,
            "source_key": key,
            "doc_id": F.when(F.expr(READABLE), doc_id(F.col("source"), key)),
        }
    ).drop("key", "name", "whole_key")


def split_readable(rows: DataFrame, settings: IngestSettings, turn: Turn, checkpoint: Checkpoint) -> tuple[DataFrame, DataFrame]:
    """Readable rows with their slice, each doc_id once; and rejects."""
    _refuse_unusable(rows, settings)
    readable = rows.where(READABLE)
    repeated = checkpoint(_find_repeated(readable), "ingest_repeated")
    unread = _rejects(rows.where(f"NOT ({READABLE})"), turn)
    if not repeated.isEmpty():
        readable = leave_out(readable, repeated, ["doc_id", "place"])
        unread = unread.unionByName(_rejects(repeated, turn))
    return _name_slices(readable, settings.min_slice_documents, checkpoint), unread


def _find_repeated(readable: DataFrame) -> DataFrame:
    """Rows whose source and key an earlier one has, the order being content, then place. Shuffles ids, and the few that repeat."""
    twice = readable.groupBy("doc_id").count().where("count > 1").select("doc_id")
    same = F.concat(F.lit("source and key as doc_id "), F.lower(F.hex("doc_id")))
    ranked = (
        readable.join(twice, "doc_id", "left_semi")
        .withColumn("rank", rank_rows(["doc_id"], ["text_hash", "place"]))
        .where("rank > 1")
    )
    return ranked.select(
        "doc_id",
        "place",
        "source",
        "slice",
        "path",
        "line",
        F.lit("duplicate_key").alias("rule"),
        F.col("rank").cast("double").alias("value"),
        F.lit(1.0).alias("threshold"),
        same.alias("detail"),
    )


def _name_slices(readable: DataFrame, least: int, checkpoint: Checkpoint) -> DataFrame:
    """Rows of slices below ``least`` documents join ``other/<kind>``, the kind being what follows the last slash.

    Where there is none, rows stay as they are: a join would copy every text, once for each table that is made of them.
    """
    small = checkpoint(readable.groupBy("slice").count().where(F.col("count") < least).select("slice"), "ingest_small")
    if small.isEmpty():
        return readable
    kind = F.when(F.col("slice").contains("/"), F.substring_index("slice", "/", -1)).otherwise("text")
    # cast: what substring_index of the embedded engine makes is a string of another layout, which a union does not settle
    named = F.when(F.col("small"), F.concat(F.lit("other/"), kind)).otherwise(F.col("slice")).cast("string")
    marked = F.broadcast(small.withColumn("small", F.lit(True)))
    return look_up(readable, marked, ["slice"], keep=True).withColumn("slice", named).drop("small")


def raw_rows(readable: DataFrame, turn: Turn, text: Column) -> DataFrame:
    """Rows of ``raw``."""
    return readable.select(
        "doc_id",
        bucket(F.col("doc_id")).alias("bucket"),
        F.lit(turn.batch).alias("batch"),
        "source",
        "source_key",
        "slice",
        "path",
        text.cast("string").alias("text"),
        "metadata",
    )


def _rejects(cut: DataFrame, turn: Turn) -> DataFrame:
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
