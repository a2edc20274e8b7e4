"""The job of a campaign's arm: the model of a round is trained on by other rules, then judged on held-out documents of one role."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import TrainError
from resonance.core.job import Site
from resonance.core.judges import choose_judges
from resonance.core.order import place_rows
from resonance.core.settings import RebalanceSettings, ScoreModelSettings, TaskSettings, TrainSettings
from resonance.core.turns import HELDOUT, PHASE_PROBE, PHASE_PROBE_FIT, PLAN
from resonance.core.versions import VERSION_KEY
from resonance.train.desk import Desk
from resonance.train.export import DRAW
from resonance.train.passes import Source, Start, find_final, name_step, read_draw, score_draws, train_draws
from resonance.train.samples import samples


def try_rules(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    heldout_roles: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    drawing: RebalanceSettings,
    scoring: ScoreModelSettings,
    site: Site,
) -> None:
    """Append the loss of each document that judges the arm to a model that was trained on the arm's draw.

    The model starts as that of the round's plan and takes as many steps as the arm's tokens ask for at the pace of that training,
    whatever its policy leaves: arms of one seed differ in their texts alone. Its events are of phase ``probe_fit``, those of the
    documents of phase ``probe``, each exactly once. The checkpoint is removed at the end: a campaign has dozens, and nothing starts
    from one.

    Raises:
        TrainError: there is nothing to train on or to judge by, no model of the round, or a rank failed.
        ConservationError: events and draws do not match.
    """
    turn, desk = site.turn, Desk(site, settings.log_share)
    begin = find_final(checkpoints, turn.round, PLAN)
    source = Source(samples(documents, examples, task), settings, task)
    held = read_draw(sample_plan, 0, HELDOUT)
    mine = held.join(choose_judges(heldout_roles, turn.arm).select(*VERSION_KEY), VERSION_KEY, "left_semi")
    judges = place_rows(mine.select(*(name for name in DRAW if name not in ("pos", "epoch"))), seed=0).select(*DRAW)
    judges = judges.where(F.col("pos") < scoring.max_heldout_documents)
    if judges.isEmpty():
        raise TrainError(f"{name_step(desk)}: no held-out document judges it; raise rebalance.heldout_share")
    desk.recover()
    steps = count_steps(checkpoints, turn.round, drawing.tokens)
    start = Start(site.seed, begin, begin, steps)
    model = train_draws(desk, PHASE_PROBE_FIT, read_draw(sample_plan, turn.round, turn.arm), source, start)
    score_draws(desk, {PHASE_PROBE: judges}, source, model)
    desk.clean()
    desk.discard()


def count_steps(checkpoints: DataFrame, round: int, tokens: int) -> int:
    """The steps that so many tokens take at the pace of a round's own training; one at least."""
    mine = (F.col("round") == round) & (F.col("arm") == PLAN) & F.col("final")
    row = checkpoints.where(mine).orderBy(F.desc("step")).limit(1).collect()[0]
    return max(int(tokens * row["step"] / max(row["tokens"], 1) + 0.5), 1)
