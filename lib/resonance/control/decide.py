"""The job that writes the next round's plan: gathers a few numbers for each slice and hands them to the pure weighting."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from resonance.control.plan import Plan
from resonance.control.safeguard import find_harm, go_back, read_effects
from resonance.control.verdicts import find_raised
from resonance.control.weighting import stratify, weigh
from resonance.control.weightings.known import Known
from resonance.core.errors import ResonanceError
from resonance.core.frames import make_frame, parse_schema
from resonance.core.gates import DOCUMENTS
from resonance.core.job import Turn
from resonance.core.ledger import keep_drawable
from resonance.core.settings import DecideSettings, RebalanceSettings
from resonance.core.turns import PLAN
from resonance.core.weighting import ByQuality

CERTAIN = 1.645
"""Standard errors that are taken off: what is left is surpassed with a chance of 95 %."""
COLUMNS = parse_schema(
    "round int, slice string, weight double, prior double, previous double, proposed double, "
    "limit_share double, bpb double, mean_bpb double, reason string, policy string, cost string"
)


def decide_plan(
    plans: DataFrame,
    slice_state: DataFrame,
    slice_excess: DataFrame,
    evaluations: DataFrame,
    documents: DataFrame,
    rejects: DataFrame,
    sample_plan: DataFrame,
    slice_quality: Mapping[str, DataFrame],
    verdicts: DataFrame,
    *,
    settings: DecideSettings,
    drawing: RebalanceSettings,
    turn: Turn,
) -> DataFrame:
    """The plan of ``turn.round``: a weight and a reason for each slice, from what the weighting reads of the round before.

    With ``settings.verdicts`` slices whose verdict in the round before says that the data fails them are raised, within the bounds.
    A plan that measured worse than its control arm is not continued: the next one has the weights of the last that did not.
    Evaluations decide about nothing else. One shuffle of ids (the pool) and two of partial sums; the driver sees a few
    numbers for each slice and round.

    Raises:
        ResonanceError: no document is left to draw, the round before has no plan, or what the weighting reads was not computed.
    """
    past = plans.where(F.col("round") < turn.round).orderBy("round", "slice").collect()
    drawable = keep_drawable(documents, rejects, sample_plan)
    held = {row["slice"]: row["bytes"] for row in drawable.groupBy("slice").agg(F.sum("n_bytes").alias("bytes")).collect()}
    if not held:
        raise ResonanceError("decide: no document is left to draw; see table rejects for what cut them, or lower heldout_share")
    rates = _find_rates(sample_plan, turn.round) if past else {}
    limit = limits(held, past, settings.max_exposures, drawing.tokens * drawing.bytes_per_token, rates)
    last = {row["slice"]: row for row in past if row["round"] == turn.round - 1}
    if turn.round > 1 and not last:
        raise ResonanceError(f"decide: table plans has no round {turn.round - 1}; run decide for that round first")
    prior = _find_priors(limit, last, settings)
    known = Known(
        prior=prior,
        previous={name: last[name]["weight"] if name in last else prior[name] for name in limit},
        limit=limit,
        held={name: size / sum(held.values()) for name, size in held.items()},
        loss=_read_losses(slice_state, turn.round - 1, settings),
        excess=_read_excess(slice_excess, turn.round - 1, settings),
        progress=_read_progress(slice_state, turn.round - 1, settings),
        quality=_read_quality(slice_quality, turn.round - 1, settings),
        floor=settings.floor,
    )
    harm = find_harm(read_effects(evaluations, turn.round), turn.round - 1) if turn.round > 1 else None
    if harm is None:
        plan = weigh(turn.round, known, settings, find_raised(_read_verdicts(verdicts, turn.round - 1, settings), known))
    else:
        weights = {row["slice"]: row["weight"] for row in past if row["round"] == harm.haven}
        plan = go_back(turn.round, harm, weights, known, settings)
    return make_frame(plans.sparkSession, _make_rows(plan, known, settings), COLUMNS)


def limits(
    held: Mapping[str, int],
    past: Iterable[Row],
    max_exposures: float,
    budget: float,
    rates: Mapping[tuple[int, str], float] | None = None,
) -> dict[str, float]:
    """Largest share of each slice with which a document's expected draws over all rounds stay within ``max_exposures``.

    A share of 1 draws ``budget`` bytes, so that all rounds together may draw ``max_exposures`` times what a slice holds; what
    past weights drew of that is gone; where a round drew single documents at a higher rate, as it drew others of their slice less
    or as the slice has grown since, theirs counts. No share is negative, and a slice of a past plan that has no document left gets
    zero.

    Args:
        held: bytes of each slice that may be drawn.
        past: rows of table ``plans`` of all rounds before, each with a slice and its weight.
        max_exposures: expected draws of a document over all rounds.
        budget: bytes that a round draws.
        rates: expected draws of the documents of a slice that were drawn most, by round and slice.
    """
    used: dict[str, float] = {}
    for row in past:
        name = row["slice"]
        drawn = (rates or {}).get((row["round"], name), 0.0) * held.get(name, 0) / budget
        used[name] = used.get(name, 0.0) + max(row["weight"], drawn)
    names = set(held) | set(used)
    return {name: max(max_exposures * held.get(name, 0) / budget - used.get(name, 0.0), 0.0) for name in sorted(names)}


def _find_priors(limit: Mapping[str, float], last: Mapping[str, Row], settings: DecideSettings) -> dict[str, float]:
    if not last:
        return stratify(limit, settings)
    joining = {name: min(1 / len(limit), limit[name]) for name in limit}
    return joining | {name: row["prior"] for name, row in last.items()}


def _find_rates(sample_plan: DataFrame, round: int) -> dict[tuple[int, str], float]:
    """Expected draws of the documents that each round before ``round`` drew most, by round and slice, over all its epochs."""
    past = sample_plan.where((F.col("arm") == PLAN) & (F.col("round") < round))
    most = past.groupBy("round", "slice").agg(F.max("pi").alias("pi"), (F.max("epoch") + 1).alias("epochs"))
    return {(row["round"], row["slice"]): row["pi"] * row["epochs"] for row in most.collect()}


def _read_losses(slice_state: DataFrame, round: int, settings: DecideSettings) -> dict[str, float]:
    """Bits per byte of slices in the plan arm, where the weighting reads them; empty before the first round."""
    if "slice_state" not in settings.weighting.tables or round < 1:
        return {}
    rows = slice_state.where((F.col("round") == round) & (F.col("arm") == PLAN)).select("slice", "bpb").collect()
    return {row["slice"]: row["bpb"] for row in rows}


def _read_excess(slice_excess: DataFrame, round: int, settings: DecideSettings) -> dict[str, float]:
    """Excess losses of slices, where the weighting reads them; empty before the first round."""
    if "slice_excess" not in settings.weighting.tables or round < 1:
        return {}
    rows = slice_excess.where(F.col("round") == round).select("slice", "excess").collect()
    if not rows:
        raise ResonanceError(
            f"decide: weighting {settings.weighting.title} reads table slice_excess, which has no row of round {round}; "
            "jobs cross_fit and compare compute it: `resonance run` with this weighting runs them"
        )
    return {row["slice"]: row["excess"] for row in rows}


def _read_progress(slice_state: DataFrame, round: int, settings: DecideSettings) -> dict[str, float]:
    """What the plan arm learnt of slices for certain, where the weighting reads it; empty before the first round."""
    if "slice_state.progress" not in settings.weighting.parameters.reads or round < 1:
        return {}
    mine = slice_state.where((F.col("round") == round) & (F.col("arm") == PLAN) & F.col("progress").isNotNull())
    rows = mine.select("slice", "progress", "progress_error").collect()
    return {row["slice"]: max(row["progress"] - CERTAIN * row["progress_error"], 0.0) for row in rows}


def _read_quality(slice_quality: Mapping[str, DataFrame], round: int, settings: DecideSettings) -> dict[str, float]:
    """Scores of slices, where the weighting reads them; empty before the first round."""
    by = settings.weighting.parameters
    if not isinstance(by, ByQuality) or round < 1:
        return {}
    rows = slice_quality["quality_metric"].where((F.col("dataset") == DOCUMENTS) & (F.col("round") == round))
    level = rows.where((F.col("level") == ("group" if by.group else "total")) & (F.col("number") == by.group))
    scores = {row["stratum"]: row["score"] for row in level.where("score IS NOT NULL").select("stratum", "score").collect()}
    found = {stratum["slice"]: score for name, score in scores.items() if set(stratum := json.loads(name)) == {"slice"}}
    if not found:
        raise ResonanceError(
            f"decide: weighting {settings.weighting.title} reads scores of slices, of which round {round} has none; "
            "the contract that assess.contract names must have column slice, and no other, in adaqStrata"
        )
    return found


def _read_verdicts(verdicts: DataFrame, round: int, settings: DecideSettings) -> list[dict[str, Any]]:
    """Cause of each slice that was judged in a round, where plans follow verdicts."""
    if not settings.verdicts:
        return []
    return [row.asDict() for row in verdicts.where(F.col("round") == round).select("slice", "cause").collect()]


def _make_rows(plan: Plan, known: Known, settings: DecideSettings) -> list[tuple[object, ...]]:
    mean = fmean(known.loss.values()) if known.loss else None
    return [
        (
            plan.round,
            name,
            min(weight, 1.0),
            plan.cases[name].prior,
            plan.cases[name].previous,
            plan.cases[name].asked,
            plan.cases[name].limit,
            known.loss.get(name),
            mean,
            plan.reasons[name],
            settings.weighting.title,
            settings.weighting.cost,
        )
        for name, weight in plan.weights.items()
    ]
