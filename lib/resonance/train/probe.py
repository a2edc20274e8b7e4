"""The job that trains the models which tell whose fault a weak slice is: the round's model once more, changed in one thing each."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.job import Site
from resonance.core.order import order_rows
from resonance.core.settings import ScoreModelSettings, TaskSettings, TrainSettings
from resonance.core.turns import AGAIN, LONG, LONG_TIMES, PART, PHASE_PROBE, PHASE_PROBE_FIT, PLAN, WIDE, read_share
from resonance.train.desk import Desk
from resonance.train.passes import Source, Start, find_final, read_draw, read_heldout, score_draws, train_draws
from resonance.train.samples import mend_labels, samples

OTHER_SEED = 1_000
"""What is added to the seed of a model that is trained again."""


def probe(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    sample_weights: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    scoring: ScoreModelSettings,
    site: Site,
) -> None:
    """Append the loss of each held-out document to a model that differs from the round's own in one thing.

    It starts as the plan arm's model did and is trained on the round's draws, with the labels that this was taught (events of phase
    ``probe_fit``), then scores what models are judged on (phase ``probe``). Both exactly once, as ``train`` and ``score_model`` do.
    The arm says what differs: ``again`` the seed, of the order and of a new model's parameters; ``wide`` its width, twice that of
    the plan arm; ``long`` the number of times that it meets each draw, four; ``part-N`` the draws, those of N percent of the
    documents, so that a smaller part lies in every larger one.

    Raises:
        TrainError: there is nothing to train on, the round's own model is not there, or a rank failed.
        ConservationError: events and draws do not match.
    """
    turn, desk = site.turn, Desk(site, settings.log_share)
    tokenizer = find_final(checkpoints, turn.round, PLAN)
    begin = find_final(checkpoints, turn.round - 1, PLAN) if turn.round > 1 else None
    wide = turn.arm == WIDE
    built = {"hidden": 2 * settings.hidden, "heads": 2 * settings.heads} if wide and begin is None else {}
    start = Start(site.seed + OTHER_SEED * (turn.arm == AGAIN), begin, tokenizer, widen=wide and begin is not None)
    given = samples(documents, examples, task)
    taught = mend_labels(given, sample_weights.where(F.col("round") == turn.round), task)
    draws = choose_draws(read_draw(sample_plan, turn.round, PLAN), turn.arm, site.seed)
    desk.recover()
    model = train_draws(desk, PHASE_PROBE_FIT, draws, Source(taught, settings.model_copy(update=built), task), start)
    score_draws(desk, {PHASE_PROBE: read_heldout(sample_plan, scoring)}, Source(given, settings, task), model)
    desk.clean()


def choose_draws(draws: DataFrame, arm: str, seed: int) -> DataFrame:
    """Those of the round's draws that the model of ``arm`` is trained on, in its order."""
    if arm == AGAIN:
        return order_rows(draws.drop("pos"), seed=seed + OTHER_SEED)
    if arm == LONG:
        repeated = draws.withColumn("time", F.explode(F.sequence(F.lit(0), F.lit(LONG_TIMES - 1))))
        return repeated.withColumn("epoch", (F.col("epoch") * LONG_TIMES + F.col("time")).cast("int")).drop("time")
    if arm.startswith(PART):
        return draws.where(uniform(hash_columns(["doc_id"], seed, "part")) < read_share(arm))
    return draws
