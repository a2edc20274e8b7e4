"""Whether what was found of earlier batches still stands: batches and results by their digests, never by their rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import make_frame
from resonance.core.settings import DedupeSettings

VERSION = 2
"""Rises when results of equal documents and settings change."""
FOUND = ("doc_id", "method", "cluster_id", "size", "keeper", "similarity", "version")
CUT = ("doc_id", "batch", "bucket", "rule", "value", "detail", "version")


@dataclass(frozen=True)
class Standing:
    """What a comparison was made of: its settings, the digest of each batch, and the digest of what it found."""

    settings: str
    batches: Mapping[str, str]
    found: str

    @classmethod
    def stored(cls, compared: DataFrame) -> Standing | None:
        """As the table ``compared`` holds it, a row for each batch; None where nothing was compared yet."""
        rows = compared.select("batch", "settings", "digest", "found").orderBy("batch").collect()
        if not rows:
            return None
        return cls(rows[0]["settings"], {row["batch"]: row["digest"] for row in rows}, rows[0]["found"])

    def rows(self, like: DataFrame, scope: str) -> DataFrame:
        """As rows of ``compared``, whose schema ``like`` has."""
        table = [(batch, scope, self.settings, digest, self.found) for batch, digest in sorted(self.batches.items())]
        return make_frame(like.sparkSession, table, "batch string, scope string, settings string, digest string, found string")


def describe_settings(settings: DedupeSettings) -> str:
    """All settings that results depend on."""
    return json.dumps({"version": VERSION, **settings.model_dump(mode="json", exclude={"max_rounds"})}, sort_keys=True)


def batches(rows: DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """A digest of the rows of each batch, whatever their order. One scan of these columns; a row a batch comes to the driver."""
    return {row["batch"]: f"{row['rows']}/{row['digest']}" for row in rows.groupBy("batch").agg(*_digest(columns)).collect()}


def digest(rows: DataFrame, columns: Sequence[str]) -> str:
    """A digest of all rows, whatever their order."""
    row = rows.agg(*_digest(columns)).collect()[0]
    return f"{row['rows']}/{row['digest']}"


def _digest(columns: Sequence[str]) -> tuple[Column, Column]:
    return F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64(*columns)).alias("digest")
