"""What `resonance files` prints: the files of each batch as the last run found them, and the documents that went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.core.errors import ResonanceError
from resonance.core.printable import escape_hidden

Frames = Mapping[str, DataFrame]
SHOWN = 30
"""Files, and documents, that are listed; all of them stand in the tables."""


def describe_files(frames: Frames) -> Iterator[str | Table]:
    """A line for each batch, files with something to say about them, and documents that were withdrawn. Three small queries.

    Raises:
        ResonanceError: no batch was read from files.
    """
    files = frames["files"]
    there = F.col("state") == "present"
    counts = {
        "present": F.count_if(there),
        "opened": F.count_if("opened"),
        "deleted": F.count_if(~there),
        "rows": F.sum(F.when(there, F.col("rows")).otherwise(0)),
        "rejects": F.sum(F.when(there, F.col("rejects")).otherwise(0)),
    }
    batches = files.groupBy("batch").agg(*(count.alias(name) for name, count in counts.items())).orderBy("batch").collect()
    if not batches:
        raise ResonanceError("table files is empty: `resonance curate` with files fills it; the demo and Delta tables have none")
    withdrawn = {row["batch"]: row["count"] for row in frames["withdrawn"].groupBy("batch").count().collect()}
    yield from (escape_hidden(_describe_batch(row, withdrawn.get(row["batch"], 0))) for row in batches)
    yield _list_files(files)
    if withdrawn:
        gone = frames["withdrawn"].orderBy("batch", "path", "line", "doc_id").limit(SHOWN).collect()
        yield _list_documents(gone, sum(withdrawn.values()))


def _describe_batch(row: Row, withdrawn: int) -> str:
    taken = row["present"] - row["opened"]
    said = f"batch {row['batch']}: {row['present']:,} files with {row['rows']:,} rows, {row['rejects']:,} of them cut by ingest"
    said += f"; the last run read {row['opened']:,} and took over the rows of {taken:,} that had not changed"
    gone = f"; deleted files: {row['deleted']:,}" if row["deleted"] else ""
    return f"{said}{gone}; withdrawn documents: {withdrawn:,}" if withdrawn else said + gone


def _list_files(files: DataFrame) -> Table:
    """Deleted and renamed files, then those that the last run read, then the others."""
    rank = F.when(F.col("state") == "deleted", 0).when(F.col("renamed_from").isNotNull(), 1).when(F.col("opened"), 2).otherwise(3)
    rows = files.withColumn("place", rank).orderBy("place", "batch", "path").limit(SHOWN + 1).collect()
    more = " (the first of them; all stand in table files)" if len(rows) > SHOWN else ""
    table = _make_table(f"Files{more}", "batch", "file", "what", "rows", "cut")
    for row in rows[:SHOWN]:
        what = "read" if row["opened"] else "taken over"
        what = f"{what}, renamed from {row['renamed_from']}" if row["renamed_from"] else what
        shown = (row["batch"], row["path"], "deleted" if row["state"] == "deleted" else what)
        table.add_row(*(escape(escape_hidden(text)) for text in shown), f"{row['rows']:,}", f"{row['rejects']:,}")
    return table


def _list_documents(rows: list[Row], total: int) -> Table:
    more = f" (the first {len(rows):,} of {total:,}; all stand in table withdrawn)" if total > len(rows) else ""
    table = _make_table(f"Withdrawn documents{more}", "batch", "document", "key", "file", "why")
    for row in rows:
        why = "file deleted" if row["reason"] == "file_deleted" else "row gone"
        shown = (row["batch"], row["doc_id"].hex(), row["source_key"], row["path"] or "", why)
        table.add_row(*(escape(escape_hidden(text)) for text in shown))
    return table


def _make_table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
