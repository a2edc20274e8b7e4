"""What ranks learn from, as one frame whatever the task: a text, an answer with its prompt, or a text with its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import look_up
from resonance.core.versions import VERSION_KEY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import TaskSettings


def samples(documents: DataFrame, examples: DataFrame, task: TaskSettings) -> DataFrame:
    """``doc_id``, ``batch`` and ``content_hash`` as a plan names them; ``sample_hash``, ``prompt``, ``text`` and ``label``.

    ``sample_hash`` stands for all that is learnt, label and prompt included; it is the text's own hash where there is no more.
    For other tasks than ``language`` one join of texts with their examples.
    """
    if task.kind == "language":
        nothing = F.lit(None).cast("string")
        own = {"sample_hash": F.col("content_hash"), "prompt": nothing, "label": nothing}
        return documents.select(*VERSION_KEY, "content_hash", "text").withColumns(own)
    mine = examples.where(F.col("kind") == task.kind).select(
        *VERSION_KEY,
        F.col("text_hash").alias("content_hash"),
        F.col("content_hash").alias("sample_hash"),
        "prompt",
        "answer",
        "label",
    )
    held = look_up(documents.select(*VERSION_KEY, "content_hash", "text"), mine, [*VERSION_KEY, "content_hash"])
    return held.withColumn("text", F.coalesce("answer", "text")).drop("answer")


def mend_labels(held: DataFrame, sample_weights: DataFrame, task: TaskSettings) -> DataFrame:
    """The samples with the labels that they are taught with; for a classification one join of texts with the ids of these."""
    if task.kind != "classification":
        return held
    mended = sample_weights.where(F.col("taught").isNotNull()).select("doc_id", "content_hash", "taught")
    found = look_up(held, mended, ["doc_id", "content_hash"], keep=True)
    return found.withColumn("label", F.coalesce("taught", "label")).drop("taught")
