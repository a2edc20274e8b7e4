"""The job that writes the next round's plan: gathers k-vectors from tables and hands them to the pure weighting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from resonance.control.case import Case
from resonance.control.plan import Plan
from resonance.control.weighting import cases, decide, stratify
from resonance.core.errors import ResonanceError
from resonance.core.frames import parse_schema
from resonance.core.job import Turn
from resonance.core.ledger import keep_drawable
from resonance.core.settings import DecideSettings, RebalanceSettings
from resonance.core.turns import PLAN

COLUMNS = parse_schema(
    "round int, slice string, weight double, prior double, previous double, proposed double, "
    "limit_share double, bpb double, mean_bpb double, reason string, policy string"
)


def decide_plan(
    plans: DataFrame,
    slice_state: DataFrame,
    documents: DataFrame,
    rejects: DataFrame,
    sample_plan: DataFrame,
    *,
    settings: DecideSettings,
    drawing: RebalanceSettings,
    turn: Turn,
) -> DataFrame:
    """The plan of ``turn.round``: a weight and a reason for each slice, from the losses of the round before.

    One shuffle of ids (the pool) and one of partial sums; the driver sees one number a slice and round.

    Raises:
        ResonanceError: no document is left to draw, or the round before has no plan.
    """
    past = plans.where(F.col("round") < turn.round).orderBy("round", "slice").collect()
    held = {row["slice"]: row["bytes"] for row in _bytes(documents, rejects, sample_plan).collect()}
    if not held:
        raise ResonanceError("decide: no document is left to draw; see table rejects for what cut them, or lower heldout_share")
    limit = limits(held, past, settings.max_exposures, drawing.tokens * drawing.bytes_per_token)
    if turn.round == 1:
        plan = stratify(limit, settings)
        known = {
            name: Case(previous=weight, prior=weight, limit=limit[name], asked=1 / len(limit))
            for name, weight in plan.weights.items()
        }
    else:
        last = {row["slice"]: row for row in past if row["round"] == turn.round - 1}
        if not last:
            raise ResonanceError(f"decide: table plans has no round {turn.round - 1}; run decide for that round first")
        before = Plan(turn.round - 1, {name: row["weight"] for name, row in last.items()}, {})
        joining = {name: min(1 / len(limit), limit[name]) for name in limit}
        prior = joining | {name: row["prior"] for name, row in last.items()}
        loss = _losses(slice_state, turn.round - 1)
        plan = decide(before, loss, settings, prior=prior, limit=limit)
        known = cases(before, loss, settings, prior=prior, limit=limit)
    return plans.sparkSession.createDataFrame(_rows(plan, known, settings), COLUMNS)


def limits(held: Mapping[str, int], past: Iterable[Row], max_exposures: float, budget: float) -> dict[str, float]:
    """Largest share of each slice with which a document's expected draws over all rounds stay within ``max_exposures``.

    A share of 1 draws ``budget`` bytes, so that all rounds together may draw ``max_exposures`` times what a slice holds; what
    past weights drew of that is gone. No share is negative, and a slice of a past plan that has no document left gets zero.

    Args:
        held: bytes of each slice that may be drawn.
        past: rows of table ``plans`` of all rounds before, each with a slice and its weight.
        max_exposures: expected draws of a document over all rounds.
        budget: bytes that a round draws.
    """
    used: dict[str, float] = {}
    for row in past:
        used[row["slice"]] = used.get(row["slice"], 0.0) + row["weight"]
    names = set(held) | set(used)
    return {name: max(max_exposures * held.get(name, 0) / budget - used.get(name, 0.0), 0.0) for name in sorted(names)}


def _bytes(documents: DataFrame, rejects: DataFrame, sample_plan: DataFrame) -> DataFrame:
    return keep_drawable(documents, rejects, sample_plan).groupBy("slice").agg(F.sum("n_bytes").alias("bytes"))


def _losses(slice_state: DataFrame, round: int) -> dict[str, float]:
    rows = slice_state.where((F.col("round") == round) & (F.col("arm") == PLAN)).select("slice", "bpb").collect()
    return {row["slice"]: row["bpb"] for row in rows}


def _rows(plan: Plan, known: Mapping[str, Case], settings: DecideSettings) -> list[tuple[object, ...]]:
    return [
        (
            plan.round,
            name,
            min(weight, 1.0),
            known[name].prior,
            known[name].previous,
            known[name].asked,
            known[name].limit,
            known[name].bpb,
            known[name].mean,
            plan.reasons[name],
            settings.name,
        )
        for name, weight in plan.weights.items()
    ]
