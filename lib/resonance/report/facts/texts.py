"""Reads the few texts that a section shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyspark.sql import Column, DataFrame, Row

TEXT_BYTES = 2_000_000_000
"""Where there is more text than this, no text is read."""
HEAD = 240
"""Characters of a text that a start has."""


def sum_bytes(documents: DataFrame) -> int:
    """Bytes of all stored texts."""
    return int(documents.agg(F.coalesce(F.sum(F.col("n_bytes").cast("bigint")), F.lit(0))).collect()[0][0])


def read_texts(documents: DataFrame, ids: Collection[bytes], characters: Column, *, shown: bool) -> dict[bytes, Row]:
    """Source and start of the text of some documents, by id. One scan.

    Args:
        documents: the table.
        ids: documents that are asked for; those that are not in the table have no entry.
        characters: how many characters of a text are read.
        shown: whether texts are read; else ``text`` is null.
    """
    if not ids:
        return {}
    text = F.col("text").substr(F.lit(1), characters) if shown else F.lit(None).cast("string")
    known = documents.where(F.col("doc_id").isin(sorted(ids))).select("doc_id", "source", text.alias("text"))
    return {bytes(row["doc_id"]): row for row in known.collect()}


def read_starts(documents: DataFrame, ids: Collection[bytes], *, shown: bool) -> dict[bytes, str]:
    """The first ``HEAD`` characters of some texts, by id; empty unless texts are shown. One scan."""
    rows = read_texts(documents, ids, F.lit(HEAD), shown=True) if shown else {}
    return {id: row["text"] for id, row in rows.items()}
