"""Writes kept documents as files for tools that do not read Delta."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.pool import kept
from resonance.core.table import Catalog
from resonance.tables import DOCUMENTS, REJECTS


def export_documents(catalog: Catalog, target: Path, format: Literal["jsonl", "parquet"]) -> int:
    """Write id, text, source and slice of every kept document below ``target``; how many there are.

    Raises:
        InputError: ``target`` holds files already that are no earlier export.
    """
    if target.is_dir() and any(target.iterdir()) and not (target / "_SUCCESS").exists():
        raise InputError(f"{target} is not empty and holds no earlier export: choose another folder")
    documents = kept(catalog.read(DOCUMENTS), catalog.read(REJECTS))
    shown = documents.select(F.lower(F.hex("doc_id")).alias("id"), "text", "source", "source_key", "slice")
    writer = shown.write.mode("overwrite")
    path = target.absolute().as_uri()
    writer.parquet(path) if format == "parquet" else writer.json(path)
    return shown.count()
