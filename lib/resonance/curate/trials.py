"""Verdicts under another policy and what they would leave: joins of numbers that are stored. No text is read."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.ledger import JUDGE, keep_drawable
from resonance.core.policy import Policy
from resonance.curate.judge import Signals, failures

LIGHT = ("doc_id", "batch", "bucket", "content_hash", "slice", "n_bytes")
"""What a draw needs of documents."""


def judge_again(documents: DataFrame, signals: Signals, rejects: DataFrame, policy: Policy) -> DataFrame:
    """Rejects as they would stand under another policy: its own verdicts, and what other steps cut."""
    return rejects.where(F.col("step") != JUDGE).unionByName(failures(documents, signals, policy))


def measure_kept(
    documents: DataFrame, signals: Signals, rejects: DataFrame, sample_plan: DataFrame, gains: DataFrame, policy: Policy
) -> DataFrame:
    """What a policy would leave to draw, by ``slice``: ``docs``, ``bytes``, how many are ``scored``, and the sum of their ``gain``.

    Args:
        documents: without their texts.
        signals: by the name of their set; those that the policy reads.
        rejects: as they stand.
        sample_plan: of which held-out documents are left out.
        gains: ``doc_id``, ``content_hash`` and ``gain``: what a model gains of target slices by a text, bits per byte. None of some
            documents, or of any.
        policy: whose verdicts count.
    """
    again = judge_again(documents, signals, rejects, policy)
    kept = keep_drawable(documents.select(*LIGHT), again, sample_plan).join(gains, ["doc_id", "content_hash"], "left")
    return kept.groupBy("slice").agg(
        F.count(F.lit(1)).alias("docs"),
        F.sum("n_bytes").cast("bigint").alias("bytes"),
        F.count("gain").alias("scored"),
        F.sum("gain").alias("gain"),
    )


def find_alike(new: DataFrame, standing: DataFrame, signatures: DataFrame) -> DataFrame:
    """``doc_id`` and ``batch`` of documents in ``new`` that may be copies of one in ``standing``: they share a text or a band.

    Documents that rules cut were never compared with the others, so that a trial which keeps them could draw a copy of a held-out
    text. Which of a pair is no copy after all is not looked at. Shuffles bands, no text; where near duplicates were not looked for
    there are no bands.
    """
    key = ["doc_id", "batch"]
    banded = signatures.select(*key, F.explode("bands").alias("band"))
    held = banded.join(standing.select(*key), key, "left_semi").select("band").distinct()
    near = banded.join(new.select(*key), key, "left_semi").join(held, "band", "left_semi").select(*key)
    same = new.join(standing.select("content_hash").distinct(), "content_hash", "left_semi").select(*key)
    return near.unionByName(same).distinct()


def read_gains(excess_loss: DataFrame) -> DataFrame:
    """The newest gain of each text that reference models were tuned to tell; no row where none were."""
    told = excess_loss.where("target_gain IS NOT NULL")
    newest = told.groupBy("doc_id", "content_hash").agg(F.max(F.struct("round", "target_gain")).alias("newest"))
    return newest.select("doc_id", "content_hash", F.col("newest.target_gain").alias("gain"))
