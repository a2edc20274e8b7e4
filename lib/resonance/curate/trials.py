"""Verdicts under another policy, what they would leave, and a draw of that: joins of numbers that are stored. No text is read."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.frames import make_frame
from resonance.core.job import Turn
from resonance.core.ledger import JUDGE, keep_drawable
from resonance.core.order import place_rows
from resonance.core.policy import Policy
from resonance.core.settings import JudgeSettings, RebalanceSettings
from resonance.core.turns import HELDOUT
from resonance.core.versions import VERSION_KEY
from resonance.curate.draw import draw, draw_fixed
from resonance.curate.judge import Signals, failures

LIGHT = ("doc_id", "batch", "bucket", "content_hash", "slice", "n_bytes")
"""What a draw needs of documents."""


def draw_trial(
    documents: DataFrame,
    signals: Signals,
    rejects: DataFrame,
    rules: DataFrame,
    sample_plan: DataFrame,
    plans: DataFrame,
    signatures: DataFrame,
    *,
    settings: RebalanceSettings,
    judging: JudgeSettings,
    turn: Turn,
    seed: int,
) -> DataFrame:
    """Rows of ``sample_plan``: what an arm draws that goes on from the model of ``turn.round`` by the rules of another policy.

    A slice gets the share of bytes that the plan of the round gives it, whatever the policy leaves of it: else a rule's effect
    would be that of another mixture. Documents have the permanent numbers of the arm's seed, so that arms of one seed draw alike
    what both keep. A text that only this policy keeps is left out where it may be a copy of a held-out one. The driver sees a few
    numbers a slice. Shuffles ids, and bands where near duplicates were looked for.

    Raises:
        InputError: the policy leaves nothing to draw.
    """
    again = judge_again(documents, signals, rejects, judging.policy, find_batches(rules, judging.policy))
    ids = documents.select(*LIGHT)
    kept = keep_drawable(ids, again, sample_plan)
    cut_now = rejects.where(F.col("step") == JUDGE).select(*VERSION_KEY).distinct()
    held = sample_plan.where(F.col("arm") == HELDOUT).select(*VERSION_KEY, "content_hash")
    alike = find_alike(kept.join(cut_now, VERSION_KEY, "left_semi"), held, signatures)
    left = kept.join(alike, VERSION_KEY, "left_anti").select(*LIGHT)
    weights = {row["slice"]: row["weight"] for row in plans.where(F.col("round") == turn.round).collect()}
    sizes = {row["slice"]: row["bytes"] for row in left.groupBy("slice").agg(F.sum("n_bytes").alias("bytes")).collect()}
    shares = {name: weights[name] for name, size in sizes.items() if size and weights.get(name)}
    if not shares:
        raise InputError(f"policy {judging.policy.title}: nothing that it keeps is in the plan of round {turn.round}")
    budget = settings.tokens * settings.bytes_per_token / sum(shares.values())
    rates = [(name, share * budget / sizes[name]) for name, share in sorted(shares.items())]
    rated = left.join(F.broadcast(make_frame(documents.sparkSession, rates, "slice string, pi double")), "slice")
    chosen = (draw_fixed if settings.sampler == "fixed" else draw)(rated, seed=seed, round=turn.round + 1)
    named = place_rows(chosen, seed=seed).select("*", F.lit(turn.round).alias("round"), F.lit(turn.arm).alias("arm"))
    return named.withColumn("weight", F.lit(1.0))


def find_batches(rules: DataFrame, policy: Policy) -> list[str]:
    """The batches that a version of a policy judges: a handful of rows."""
    return sorted(row["batch"] for row in rules.where(F.col("policy") == policy.title).select("batch").distinct().collect())


def judge_again(documents: DataFrame, signals: Signals, rejects: DataFrame, policy: Policy, batches: list[str]) -> DataFrame:
    """Rejects as they would stand if another policy judged some batches: its own verdicts, and what else was cut."""
    own = F.col("batch").isin(batches)
    others = rejects.where((F.col("step") != JUDGE) | ~own)
    return others.unionByName(failures(documents.where(own), signals, policy))


def measure_kept(
    documents: DataFrame,
    signals: Signals,
    rejects: DataFrame,
    sample_plan: DataFrame,
    gains: DataFrame,
    policy: Policy,
    batches: list[str],
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
        batches: those that it judges; the others keep their verdicts.
    """
    again = judge_again(documents, signals, rejects, policy, batches)
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
