"""The job that says why slices are weak: finds slices, gathers what tables say of them, and judges each cause by its test."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.attribute.arms import Arms, list_arms
from resonance.attribute.causes import Verdict, judge_slices
from resonance.attribute.embedded import place_documents
from resonance.attribute.evidence import sum_evidence
from resonance.attribute.predicates import describe_documents
from resonance.attribute.shift import compare_draws
from resonance.attribute.slices import UNIT, choose_half, find_slices, is_confirmed
from resonance.core.causes import ABSTAIN
from resonance.core.frames import find_quantiles, make_frame, parse_schema
from resonance.core.job import Checkpoint, Turn
from resonance.core.moves import Moves, find_metric, parse_moves
from resonance.core.settings import AttributeSettings, ProposeSettings, TaskSettings
from resonance.core.turns import HELDOUT, PHASE_HELDOUT, PHASE_PROBE, PHASE_SCORE, PLAN
from resonance.core.versions import VERSION_KEY

BITS = 0.6931471805599453
"""Nats in a bit."""
COLUMNS = parse_schema(
    "slice string, n_found bigint, n_checked bigint, n_needed bigint, inside double, outside double, score double, effect double, "
    "p double, adjusted_p double, cause string, kind string, statistics map<string,double>, tests map<string,string>, low double, "
    "high double, confidence double, move string, reason string, settle string"
)


def attribute(
    signal_event: DataFrame,
    sample_plan: DataFrame,
    documents: DataFrame,
    signals: Mapping[str, DataFrame],
    own_fields: Mapping[str, DataFrame],
    duplicates: DataFrame,
    contamination: DataFrame,
    edits: DataFrame,
    label_quality: DataFrame,
    *,
    settings: AttributeSettings,
    propose: ProposeSettings,
    task: TaskSettings,
    turn: Turn,
    seed: int,
    checkpoint: Checkpoint,
) -> DataFrame:
    """Rows of ``verdicts`` for ``turn.round``: one for each slice that is weak on one half of the held-out documents.

    Slices that the other half does not confirm are left out; of those that are too small for it, or whose cause no test decides,
    the verdict abstains and says which run would settle it. Causes are judged on the half that confirmed. Losses are bits per byte
    (a label counts as one byte) of the plan arm's model, cut off at a percentile. Joins ids of held-out and of drawn documents;
    then shuffles sums by slice. The driver sees a few rows for each slice, never one for a document but for a sample of embeddings,
    where clusters of these are asked for.

    Raises:
        InputError: clusters of embeddings are asked for, and rows bring none.
    """
    mine = signal_event.where(F.col("round") == turn.round)
    arms = list_arms(mine)
    held_ids = _choose(sample_plan, 0, HELDOUT).select(*VERSION_KEY).distinct()
    drawn_ids = _choose(sample_plan, turn.round, PLAN).groupBy(*VERSION_KEY).agg(F.count(F.lit(1)).alias("draws"))
    chosen = held_ids.withColumn("draws", F.lit(0).cast("bigint")).withColumn("held", F.lit(True))
    chosen = chosen.unionByName(drawn_ids.withColumn("held", F.lit(False)))
    clusters = place_documents(chosen, own_fields["raw"], settings, seed) if own_fields else None
    known = describe_documents(chosen, documents, signals, duplicates, edits, settings.features, clusters)
    known = checkpoint(known, "predicates")
    losses = _read_losses(mine, arms)
    ends = losses.agg(*(find_quantiles(F.col(f"arm{at}"), [settings.clip])[0] for at in range(len(arms.names)))).collect()[0]
    if ends[0] is None:
        return make_frame(documents.sparkSession, [], COLUMNS).withColumn("round", F.lit(turn.round))
    bound, widest = ends[0], max(end for end in ends if end is not None)
    copies = duplicates.select("doc_id").unionByName(contamination.select("doc_id")).distinct().withColumn("copied", F.lit(True))
    held = known.where("held").join(_count_units(losses, arms, bound, widest), "doc_id").join(copies, "doc_id", "left")
    held = held.withColumn("hit", F.when(F.col("copied"), F.col("loss")))
    held = held.withColumn("half", choose_half(seed))
    held = checkpoint(held, "held")
    weak = find_slices(held, settings)
    names = [one.name for one in weak if is_confirmed(one, settings)]
    drawn = known.where("NOT held").join(_read_drawn(mine, label_quality, turn, bound), "doc_id", "left")
    evidence, whole = sum_evidence(held.where("half = 1"), drawn, names, len(arms.names))
    shifts = compare_draws(held, drawn, evidence, settings.features, seed, checkpoint)
    labelled = task.kind == "classification"
    verdicts = judge_slices(weak, evidence, whole, arms, settings, labelled=labelled, shifts=shifts)
    moves, metric = parse_moves(propose.moves, "of propose.moves"), find_metric(task)
    rows = [_make_row(verdict, moves, metric) for verdict in verdicts]
    return make_frame(documents.sparkSession, rows, COLUMNS).withColumn("round", F.lit(turn.round))


def _choose(sample_plan: DataFrame, round: int, arm: str) -> DataFrame:
    return sample_plan.where((F.col("round") == round) & (F.col("arm") == arm))


def _read_bits(when: Column) -> Column:
    return F.max(F.when(when, F.col("loss_sum") / (F.lit(BITS) * F.col("n_bytes"))))


def _read_losses(events: DataFrame, arms: Arms) -> DataFrame:
    """One row for each held-out document: its loss at each arm's model, in bits per byte, and what each says of its label."""
    heldout = (F.col("phase") == PHASE_HELDOUT) & (F.col("arm") == PLAN)
    probed = (F.col("phase") == PHASE_PROBE) & F.col("arm").isin(*arms.names)
    target = F.col("arm") == PLAN
    said = [F.max(F.when(F.col("arm") == name, F.col("prediction"))).alias(f"said{at}") for at, name in arms.witnesses]
    return (
        events.where(heldout | probed)
        .groupBy("doc_id")
        .agg(
            _read_bits(target).alias("loss"),
            *(_read_bits(F.col("arm") == name).alias(f"arm{at}") for at, name in enumerate(arms.names)),
            F.max(F.when(target, F.col("entropy"))).alias("entropy"),
            F.max(F.when(target, F.col("label"))).alias("label"),
            *said,
        )
        .where("loss IS NOT NULL")
    )


def _count_units(losses: DataFrame, arms: Arms, bound: float, widest: float) -> DataFrame:
    """Losses in units, cut off at ``bound`` bits, or ``widest`` where arms are compared; whether the target is wrong, and whether
    all witnesses then say the same.
    """
    said = [F.col(f"said{at}") for at, _ in arms.witnesses]
    wrong = said[0] != F.col("label")
    together = F.lit(True)
    for other in said[1:]:
        together = together & (other == said[0])
    agreed = F.when(wrong & F.lit(len(said) >= arms.FEWEST), together.cast("int"))
    return losses.select(
        "doc_id",
        _cut_off("loss", bound).alias("loss"),
        *(_cut_off(f"arm{at}", widest).alias(f"arm{at}") for at in range(len(arms.names))),
        _round(F.col("entropy") / F.lit(BITS)).alias("entropy"),
        wrong.cast("int").alias("wrong"),
        agreed.alias("agreed"),
    )


def _cut_off(bits: str, most: float) -> Column:
    """Bits in units, at most so many; null where there are none, as the least of a null and a number is the number."""
    return _round(F.when(F.col(bits).isNotNull(), F.least(bits, F.lit(most))))


def _round(bits: Column) -> Column:
    return F.when(bits.isNotNull(), F.round(bits / F.lit(UNIT)).cast("bigint"))


def _read_drawn(events: DataFrame, label_quality: DataFrame, turn: Turn, bound: float) -> DataFrame:
    """One row for each drawn document: its loss at the end of the round, in units, and whether its label is suspected."""
    scored = events.where((F.col("phase") == PHASE_SCORE) & (F.col("arm") == PLAN)).groupBy("doc_id").agg(
        _read_bits(F.lit(True)).alias("bits")
    )  # fmt: skip
    scores = scored.select("doc_id", _cut_off("bits", bound).alias("score"))
    judged = label_quality.where(F.col("round") == turn.round).groupBy("doc_id").agg(
        F.lit(1).alias("rated"), F.max(F.col("issue").cast("int")).alias("issue")
    )  # fmt: skip
    return scores.join(judged, "doc_id", "full")


def _make_row(verdict: Verdict, moves: Moves, metric: str) -> dict[str, object]:
    """The row of a verdict, with what to do first."""
    move = "none" if verdict.cause == ABSTAIN else moves.find(verdict.cause, metric).move
    return {name: getattr(verdict, name) for name in COLUMNS.names if name != "move"} | {"move": move}
