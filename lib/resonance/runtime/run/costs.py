"""What the models that tell causes apart cost, before they are trained: reckoned from what the round's own model took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.core.durations import write_seconds
from resonance.core.job import Step
from resonance.core.settings import Config, TrainSettings
from resonance.core.table import Catalog
from resonance.core.turns import FOLD, HELDOUT, LONG, LONG_TIMES, PART, PLAN, TARGET, WIDE, read_share
from resonance.runtime.run.schedule import Forecast
from resonance.tables import CHECKPOINTS, SAMPLE_PLAN, STEPS


@dataclass(frozen=True)
class Measured:
    """What the round's own model took.

    Args:
        tokens: that it was trained on; labels where these are learnt.
        parameters: how many were trained.
        drawn: documents that were drawn, each counted once.
        heldout: held-out documents that models are judged on.
        training: seconds that its training took; None where no step says so.
        scoring: seconds of the scoring of all drawn and held-out documents; None likewise.
    """

    tokens: int
    parameters: int
    drawn: int
    heldout: int
    training: float | None = None
    scoring: float | None = None


@dataclass(frozen=True)
class Cost:
    """What one step is expected to take.

    Args:
        tokens: that its model is trained on; None where it depends on which documents are drawn.
        passes: documents that it scores, one forward pass each.
        seconds: how long it takes; None where nothing was measured.
    """

    tokens: int | None
    passes: int
    seconds: float | None


def measure_round(catalog: Catalog, config: Config, number: int) -> Measured | None:
    """What the plan arm of a round took; None where it was not trained. Counts ids of the round's draws."""
    trained = [row for row in catalog.rows(CHECKPOINTS) if (row["round"], row["arm"], row["final"]) == (number, PLAN, True)]
    if not trained:
        return None
    last = max(trained, key=lambda row: row["published_at"])
    plan = catalog.read(SAMPLE_PLAN)
    mine = plan.where((F.col("round") == number) & (F.col("arm") == PLAN)).select("doc_id").distinct().count()
    held = plan.where((F.col("round") == 0) & (F.col("arm") == HELDOUT)).count()
    took = read_seconds(catalog.rows(STEPS))
    training, scoring = (took.get((job, number, PLAN)) for job in ("train", "score_model"))
    heldout = min(held, config.score_model.max_heldout_documents)
    return Measured(last["tokens"], last["parameters"], mine, heldout, training, scoring)


def read_seconds(steps: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int, str], float]:
    """Seconds of the last run of each step, by job, round and arm."""
    rows = sorted(steps, key=lambda row: (row["finished_at"], row["run"]))
    return {(row["job"], row["round"], row["arm"]): row["seconds"] for row in rows}


def estimate_cost(step: Step, measured: Measured, config: Config) -> Cost:
    """What a step takes: shares of what the round's own model took. A step without a model of its own takes nothing that counts.

    A wide model is taken to be slower by as much as it has more parameters.
    """
    if not step.job.starts_ranks:
        return Cost(0, 0, None)
    arm, folds = step.arm, config.cross_fit.folds
    of_fold = arm.startswith((FOLD, TARGET))
    share = None if arm.startswith(TARGET) else (folds - 1) / folds if of_fold else _find_share(arm)
    passes = round(measured.drawn / folds) if of_fold else measured.heldout
    growth = find_growth(measured.parameters, config.train) if arm == WIDE else 1.0
    tokens = None if share is None else round(share * measured.tokens)
    if share is None or measured.training is None or measured.scoring is None:
        return Cost(tokens, passes, None)
    each = measured.scoring / max(measured.drawn + measured.heldout, 1)
    return Cost(tokens, passes, growth * (share * measured.training + passes * each))


def estimate_trainings(measured: Measured, trainings: int, tokens: int, judges: int) -> float | None:
    """Seconds that models take which go on from the round's own: so many trainings on so many tokens in all.

    A training costs three passes over its texts, one forward and two backward, and scoring one; what the round's own training and
    scoring took beyond that is what it takes to start. None where no step says how long they took.

    Args:
        measured: what the round's own model took.
        trainings: models that are trained.
        tokens: that all of them are trained on.
        judges: documents that each of them scores.
    """
    if measured.training is None or measured.scoring is None:
        return None
    read, scored = max(3 * measured.drawn, 1), max(measured.drawn + measured.heldout, 1)
    most, gap = min(measured.training / read, measured.scoring / scored), read - scored
    each = min(max((measured.training - measured.scoring) / gap, 0.0), most) if gap else most
    begin = measured.scoring - each * scored
    texts = tokens * measured.drawn / max(measured.tokens, 1)
    return trainings * 2 * begin + each * (3 * texts + trainings * judges)


def _find_share(arm: str) -> float:
    """How much of the plan arm's tokens a probe model is trained on."""
    if arm == LONG:
        return float(LONG_TIMES)
    return read_share(arm) if arm.startswith(PART) else 1.0


def find_growth(parameters: int, settings: TrainSettings) -> float:
    """How many times the parameters a model has that is twice as wide: its matrices have four times as many, its embedding two."""
    table = min(settings.vocabulary * settings.hidden, parameters)
    return (4 * (parameters - table) + 2 * table) / parameters


def show_costs(forecasts: Sequence[Forecast], config: Config, catalog: Catalog, number: int) -> tuple[str | Table, ...]:
    """One line a step with what it is expected to take, and the sum of those that run."""
    measured = measure_round(catalog, config, number)
    if measured is None:
        return ()
    took = read_seconds(catalog.rows(STEPS))
    unit = "labels" if config.task.kind == "classification" else "tokens"
    table = Table("step", "run does", "because", f"trains on {unit}", "scores documents", "takes about")
    due: list[Cost] = []
    for forecast in forecasts:
        step, cost = forecast.step, estimate_cost(forecast.step, measured, config)
        before = took.get((step.job.name, step.round, step.arm))
        cost = Cost(cost.tokens, cost.passes, cost.seconds if before is None else before)
        tokens = "not known" if cost.tokens is None else f"{cost.tokens:,}"
        numbers = (tokens, f"{cost.passes:,}") if step.job.starts_ranks else ("", "")
        last = "" if cost.seconds is None else write_seconds(cost.seconds)
        table.add_row(str(step), forecast.does, escape(forecast.because), *numbers, last)
        due += [cost] if forecast.due else []
    return table, _sum_up(due, len(forecasts), unit, number)


def _sum_up(due: Sequence[Cost], steps: int, unit: str, number: int) -> str:
    if not due:
        return f"none of {steps} steps would run: what they found stands"
    tokens, passes = sum(cost.tokens or 0 for cost in due), sum(cost.passes for cost in due)
    known = [cost.seconds for cost in due if cost.seconds is not None]
    took = f"about {write_seconds(sum(known))}, by the pace of round {number}" if known else "for how long was never measured here"
    return f"{len(due)} of {steps} steps would run: they train on {tokens:,} {unit} and score {passes:,} documents, {took}"
