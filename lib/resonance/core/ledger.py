"""The ledger of cut rows: which steps cut, what a reject says, and which documents are left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyspark.sql import functions as F

from resonance.core.frames import add_group_values, leave_out, look_up
from resonance.core.turns import HELDOUT
from resonance.core.versions import VERSION_KEY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

INGEST: Final = "ingest"
CLEAN: Final = "clean"
JUDGE: Final = "judge"
DEDUPE: Final = "dedupe"
DECONTAMINATE: Final = "decontaminate"

BEFORE_DOCUMENTS = (INGEST, CLEAN)
"""Steps whose rejects never became documents. A row of the same id that did (the first of two) stays."""
CUTTING = (JUDGE, DEDUPE, DECONTAMINATE)
"""Steps that cut documents, in the order in which they run."""


def make_rejects(
    cut: DataFrame,
    step: str,
    version: Column | str,
    *,
    rule: Column | str,
    value: Column,
    threshold: Column | None = None,
    detail: Column | None = None,
    path: Column | None = None,
    rank: Column | None = None,
) -> DataFrame:
    """Rows of table ``rejects``, one for each rule that a row fails.

    Args:
        cut: the rows, each with its batch, bucket, doc_id, source and slice.
        step: the step that cuts them.
        version: what decided, with its version.
        rule: the rule that the row fails.
        value: what the rule found.
        threshold: what the value was held against.
        detail: what helps a reader, in words.
        path: where the row stands in its source, if it became no document.
        rank: 1 for the rule that the row fails first; 1 for all where none is given.
    """
    text = F.lit(None).cast("string")
    return cut.select(
        F.lit(step).alias("step"),
        "batch",
        "bucket",
        "doc_id",
        (text if path is None else path).alias("path"),
        "source",
        "slice",
        F.lit(rule).alias("rule"),
        value.alias("value"),
        (F.lit(None).cast("double") if threshold is None else threshold).alias("threshold"),
        (text if detail is None else detail).alias("detail"),
        F.lit(version).alias("version"),
        (F.lit(1) if rank is None else rank).alias("rank"),
    )


def drop_cut(documents: DataFrame, rejects: DataFrame) -> DataFrame:
    """Documents that no step cut, each in its newest version. One join by document and batch; shuffles ids, and texts only where
    columns ask for them.
    """
    return leave_out(documents, _find_cut(rejects), VERSION_KEY)


def mark_cut(documents: DataFrame, rejects: DataFrame) -> DataFrame:
    """``doc_id`` and ``batch`` of documents, and ``cut``: whether a step cut them. The join of ``drop_cut``; no text is moved."""
    gone = _find_cut(rejects).distinct().withColumn("known", F.lit(True))
    marked = look_up(documents.select(*VERSION_KEY), gone, VERSION_KEY, keep=True)
    return marked.select(*VERSION_KEY, F.col("known").isNotNull().alias("cut"))


def keep_drawable(documents: DataFrame, rejects: DataFrame, sample_plan: DataFrame) -> DataFrame:
    """Documents that a draw may take: neither cut nor held out. An anti-join as in ``drop_cut``, and one by doc_id: a new version
    of a document that is held out is held out too.
    """
    held = sample_plan.where(f"arm = '{HELDOUT}'").select("doc_id")
    left = documents.join(_find_cut(rejects), VERSION_KEY, "left_anti").join(held, "doc_id", "left_anti")
    return left.select(*documents.columns)


def drop_cut_before(step: str, documents: DataFrame, rejects: DataFrame) -> DataFrame:
    """Documents that no earlier step cut, whatever this step cut when it last ran. One anti-join, as in ``drop_cut``."""
    return documents.join(find_cut_before(step, rejects), VERSION_KEY, "left_anti").select(*documents.columns)


def find_cut_before(step: str, rejects: DataFrame) -> DataFrame:
    """``doc_id`` and ``batch`` of each document that earlier steps cut; what later ones cut when they last ran does not count."""
    return _find_cut(rejects.where(f"step IN {list_steps_before(step)} AND rank = 1"))


def mark_sole_cuts(rejects: DataFrame) -> DataFrame:
    """Rows of ``judge`` with ``sole``: whether the document fails this rule alone. One shuffle of ids by document."""
    judged = rejects.where(f"step = '{JUDGE}'")
    return add_group_values(judged, VERSION_KEY, {"failed": F.count(F.lit(1))}).select("*", (F.col("failed") == 1).alias("sole"))


def list_steps_before(step: str) -> tuple[str, ...]:
    """The steps that may have cut rows before this one."""
    return (*BEFORE_DOCUMENTS, *(CUTTING[: CUTTING.index(step)] if step in CUTTING else CUTTING))


def _find_cut(rejects: DataFrame) -> DataFrame:
    return rejects.where(f"doc_id IS NOT NULL AND step NOT IN {BEFORE_DOCUMENTS}").select(*VERSION_KEY)
