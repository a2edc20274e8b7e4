"""Which documents may be drawn: those that no step cut and that are not held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

HELDOUT = "heldout"
"""The arm of ``sample_plan`` that lists the documents which no training may draw (round 0)."""


def kept(documents: DataFrame, rejects: DataFrame) -> DataFrame:
    """Documents that no later step cut. One anti-join by doc_id; shuffles ids, and texts only where columns ask for them."""
    cut = rejects.where("doc_id IS NOT NULL").select("doc_id").distinct()
    return documents.join(cut, "doc_id", "left_anti")


def pool(documents: DataFrame, rejects: DataFrame, sample_plan: DataFrame) -> DataFrame:
    """Kept documents that are not held out: what a draw may take."""
    held = sample_plan.where(f"arm = '{HELDOUT}'").select("doc_id")
    return kept(documents, rejects).join(held, "doc_id", "left_anti")
