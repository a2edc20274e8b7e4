"""The third gate: what the documents of a round did to its model. Effects stand beside the grade and never count in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.record import ALL_ROWS, GATE_COLUMNS, RESULT_COLUMNS, make_gate_row, spell_stratum
from resonance.core.effect import FEW
from resonance.core.frames import make_frame
from resonance.core.gates import DOCUMENTS, EFFECT, Gate
from resonance.core.job import Turn
from resonance.core.turns import ALL_SLICES, CONTROL, PLAN

MOST_LOSS = 0.01
"""The share by which held-out loss may rise."""
LEAST_SHARE = 0.01
"""The share of texts from which on a slice is proposed to be drawn less."""
ERRORS = 2
"""Standard errors by which the mean loss of such a slice stands above that of all texts."""
MOST_PAIRS = 10_000
"""Texts whose loss and quality are ranked: those of the lowest buckets, which are hashes."""
FEWEST_PAIRS = 30
"""Texts without which nothing is ranked."""
NO_SEEDS = "needs a score of answers after at least three trainings of each arm: a round trains each arm once"
COMPARE = f"Compare with a control arm (--set control=true, from round 2 on) on at least {FEW} held-out documents."
MEND = "Look in `resonance explain` at what the plan draws, or draw equal shares: `--set decide.weighting=stratified`."


@dataclass(frozen=True)
class Effect:
    """What one effect says, over all texts or one stratum.

    Args:
        score: between 0 and 1; None where it could not be measured, and ``reason`` says why.
        raw: the number that it was made from.
        examined: how many texts were looked at.
        of: how many there are.
    """

    name: str
    score: float | None = None
    raw: float | None = None
    examined: int = 0
    of: int = 0
    reason: str = ""
    params: Mapping[str, float] = field(default_factory=dict)
    stratum: Mapping[str, str] = field(default_factory=dict)


def assess_effect(
    evaluations: DataFrame, signal_state: DataFrame, signals_quality: DataFrame, *, turn: Turn
) -> tuple[DataFrame, DataFrame]:
    """Rows of ``quality_result`` and ``quality_gate`` of gate ``effect`` in the round of ``turn``.

    The gate is passed where held-out loss did not rise by more than ``MOST_LOSS`` against the control arm, with the upper end of
    its interval. Without such an arm it is not run. Shuffles ids, losses and qualities, no text.
    """
    arms = evaluations.where((F.col("round") == turn.round) & (F.col("slice") == ALL_SLICES)).collect()
    seen = signal_state.where("current AND last_bpb IS NOT NULL").select("doc_id", "content_hash", "bucket", "slice", "last_bpb")
    slices = seen.groupBy("slice").agg(
        F.count(F.lit(1)).alias("n"), F.sum("last_bpb").alias("sum"), F.sum(F.col("last_bpb") * F.col("last_bpb")).alias("squares")
    )
    sums = {row["slice"]: (row["n"], row["sum"], row["squares"]) for row in slices.collect()}
    many = sum(n for n, _, _ in sums.values())
    held = measure_heldout({row["arm"]: row.asDict() for row in arms})
    effects = [
        Effect("proxy_delta", reason=NO_SEEDS),
        held,
        correlate_quality(_pair_quality(seen, signals_quality), many),
        *find_low_quality(sums),
    ]
    spark, own = evaluations.sparkSession, (DOCUMENTS, turn.round)
    results = [_make_row(effect, *own) for effect in effects]
    gate = make_gate_row(judge_effect(held), *own, turn.run)
    return make_frame(spark, results, RESULT_COLUMNS), make_frame(spark, [gate], GATE_COLUMNS)


def measure_heldout(arms: Mapping[str, Mapping[str, Any]]) -> Effect:
    """The relative change of held-out loss, at the upper end of its 95 % interval, from rows of ``evaluations`` over all slices.

    It scores 1 where the change is at most ``MOST_LOSS``, else 0.
    """
    name, plan, control = "heldout_loss_delta", arms.get(PLAN), arms.get(CONTROL)
    if plan is None or control is None or plan["delta_high"] is None:
        return Effect(name, reason="no control arm was trained in this round")
    compared = plan["n_compared"] or 0
    if compared < FEW:
        return Effect(name, reason=f"{compared} held-out documents are compared, fewer than {FEW}")
    change = plan["delta_high"] / control["bpb"]
    return Effect(name, float(change <= MOST_LOSS), change, compared, plan["n_docs"], params={"most": MOST_LOSS})


def judge_effect(held: Effect) -> Gate:
    """The third gate."""
    if held.score is None or held.raw is None:
        return Gate(EFFECT, "not_run", (held.reason,), (COMPARE,))
    if held.score:
        return Gate(EFFECT, "passed")
    said = f"held-out loss may have risen by {held.raw:.1%} against the control arm, more than {MOST_LOSS:.0%}"
    return Gate(EFFECT, "failed", (said,), (MEND,))


def correlate_quality(pairs: Sequence[tuple[float, float]], of: int) -> Effect:
    """Spearman's ρ of the quality of texts and their loss, as ``raw``; the score is (1 - ρ) / 2.

    Args:
        pairs: quality and bits per byte of each text.
        of: how many texts have a loss.
    """
    name = "loss_quality_correlation"
    if len(pairs) < FEWEST_PAIRS:
        return Effect(name, reason=f"{len(pairs)} texts have a loss and a quality, fewer than {FEWEST_PAIRS}")
    rho = rank_correlation([one for one, _ in pairs], [other for _, other in pairs])
    if rho is None:
        return Effect(name, reason="all texts have the same loss or the same quality")
    return Effect(name, (1 - rho) / 2, rho, len(pairs), of)


def rank_correlation(ones: Sequence[float], others: Sequence[float]) -> float | None:
    """Spearman's ρ, equal values sharing the mean of their ranks; None where all values are equal."""
    import numpy as np

    ranks = []
    for values in (ones, others):
        _, place, many = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
        if len(many) < 2:
            return None
        ranks.append((np.cumsum(many) - (many - 1) / 2)[place])
    return float(np.clip(np.corrcoef(ranks[0], ranks[1])[0, 1], -1.0, 1.0))


def find_low_quality(sums: Mapping[str, tuple[int, float, float]]) -> Iterable[Effect]:
    """Slices whose texts are harder than all texts are, each with its excess in bits per byte as ``raw``, after one row over all.

    A slice is listed where it holds at least ``LEAST_SHARE`` of the texts and its mean loss stands more than ``ERRORS`` standard
    errors above the mean of all. Its score is the factor that is proposed for its draw: the mean of all by its own. The score over
    all is the share of texts in no such slice. What is hard need not be bad: nothing draws by these factors.

    Args:
        sums: by slice the number of texts, and the sums of their bits per byte and of the squares of these.
    """
    name, many = "low_quality_interval", sum(n for n, _, _ in sums.values())
    params = {"errors": ERRORS, "least_share": LEAST_SHARE}
    if not many:
        yield Effect(name, reason="no text has a loss yet", params=params)
        return
    overall = sum(total for _, total, _ in sums.values()) / many
    low = []
    for slice, (n, total, squares) in sorted(sums.items()):
        mean = total / n
        if n > 1 and n >= LEAST_SHARE * many:
            error = (max(0.0, squares / n - mean**2) / (n - 1)) ** 0.5
            if mean > overall + ERRORS * error:
                low.append(Effect(name, overall / mean, mean - overall, n, n, params=params, stratum={"slice": slice}))
    share = sum(effect.examined for effect in low) / many
    yield Effect(name, 1 - share, share, many, many, params=params)
    yield from low


def _pair_quality(seen: DataFrame, signals_quality: DataFrame) -> list[tuple[float, float]]:
    own = signals_quality.where("quality IS NOT NULL").select("doc_id", "content_hash", "quality").distinct()
    both = seen.join(own, ["doc_id", "content_hash"]).orderBy("bucket", "doc_id", "content_hash").limit(MOST_PAIRS)
    return [(row["quality"], row["last_bpb"]) for row in both.select("quality", "last_bpb").collect()]


def _make_row(effect: Effect, dataset: str, round: int) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "round": round,
        "gate": EFFECT,
        "stratum": spell_stratum(effect.stratum) if effect.stratum else ALL_ROWS,
        "operator": effect.name,
        "operator_version": 1,
        "metric": None,
        "state": "not_measurable" if effect.score is None else "scored",
        "score": effect.score,
        "score_lcb": effect.score,
        "raw": effect.raw,
        "n_examined": effect.examined,
        "coverage": effect.examined / effect.of if effect.of else 0.0,
        "params": json.dumps(dict(effect.params), sort_keys=True),
        "reason": effect.reason,
        "evidence": [],
        "distribution": None,
        "usual": None,
        "deviation": None,
        "shift": None,
    }
