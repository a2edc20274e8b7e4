"""Which documents may be drawn: those that no step cut and that are not held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.core.frames import leave_out

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

HELDOUT = "heldout"
"""The arm of ``sample_plan`` that lists the documents which no training may draw (round 0)."""

FOLD = "fold-"
"""Begins the name of an arm whose model never saw one part of the drawn documents; the number of that part follows."""

TARGET = "target-"
"""Begins the name of an arm whose model is that of a fold, tuned on target slices; the number of the fold follows."""

CUTTING = ("judge", "dedupe", "decontaminate")
"""Steps that cut documents, in the order in which they run."""

BEFORE_DOCUMENTS = ("ingest", "clean")
"""Steps whose rejects never became documents. A row of the same id that did (the first of two) stays."""


def kept(documents: DataFrame, rejects: DataFrame) -> DataFrame:
    """Documents that no later step cut. One join by doc_id; shuffles ids, and texts only where columns ask for them."""
    return leave_out(documents, _cut(rejects), ["doc_id"])


def pool(documents: DataFrame, rejects: DataFrame, sample_plan: DataFrame) -> DataFrame:
    """Kept documents that are not held out: what a draw may take. One anti-join by doc_id, as in ``kept``."""
    held = sample_plan.where(f"arm = '{HELDOUT}'").select("doc_id")
    return documents.join(_cut(rejects).unionByName(held), "doc_id", "left_anti")


def came_to(step: str, documents: DataFrame, rejects: DataFrame) -> DataFrame:
    """Documents that reached a step, whatever it cut itself when it last ran. One anti-join by doc_id, as in ``kept``."""
    return documents.join(cut_before(step, rejects), "doc_id", "left_anti")


def cut_before(step: str, rejects: DataFrame) -> DataFrame:
    """The ``doc_id`` of each document that earlier steps cut, once; what later ones cut when they last ran does not count."""
    return _cut(rejects.where(f"step IN {cutting_before(step)} AND rank = 1"))


def cutting_before(step: str) -> tuple[str, ...]:
    """The steps that may have cut rows before this one."""
    return (*BEFORE_DOCUMENTS, *(CUTTING[: CUTTING.index(step)] if step in CUTTING else CUTTING))


def _cut(rejects: DataFrame) -> DataFrame:
    return rejects.where(f"doc_id IS NOT NULL AND step NOT IN {BEFORE_DOCUMENTS}").select("doc_id")
