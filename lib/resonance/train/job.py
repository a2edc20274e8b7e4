"""The jobs of training, as the driver sees them: train a model on a plan; score documents with it; both for parts in turn."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.chance import hash_columns
from resonance.core.errors import TrainError
from resonance.core.job import Site
from resonance.core.settings import (
    AppraiseSettings,
    CrossFitSettings,
    ScoreModelSettings,
    TaskSettings,
    TrainSettings,
    TuneSettings,
)
from resonance.core.turns import (
    CANDIDATES,
    CONTROL,
    FOLD,
    PHASE_APPRAISE,
    PHASE_FIT,
    PHASE_HELDOUT,
    PHASE_REFERENCE,
    PHASE_REORDER,
    PHASE_SCORE,
    PHASE_SHADOW,
    PHASE_TARGET,
    PHASE_TRAIN,
    PHASE_TUNE,
    PLAN,
    TARGET,
    PhaseName,
)
from resonance.train.desk import Desk
from resonance.train.export import DRAW, first_draws
from resonance.train.passes import Source, Start, find_final, name_step, read_draw, read_heldout, score_draws, train_draws
from resonance.train.samples import mend_labels, samples
from resonance.train.shadow import choose_shadow


def train(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    sample_weights: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    site: Site,
) -> None:
    """Append one event for each draw of the arm and publish checkpoints, both exactly once, over as many runs as it takes.

    Round 1 starts from nothing; later rounds start both arms from the plan arm's last checkpoint of the round before. The plan arm
    is taught the labels that ``sample_weights`` says; their events name them. The control arm takes as many steps as the plan arm
    did, so that arms with as many tokens differ in data alone.

    Raises:
        TrainError: there is nothing to train on or to start from, or a rank failed.
        ConservationError: events and plan do not match.
    """
    desk = Desk(site, settings.log_share)
    mine = (F.col("round") == site.turn.round) & F.lit(site.turn.arm == PLAN)
    learnt = mend_labels(samples(documents, examples, task), sample_weights.where(mine), task)
    source = Source(learnt, settings, task)
    draws = read_draw(sample_plan, site.turn.round, site.turn.arm)
    begin = find_final(checkpoints, site.turn.round - 1, PLAN) if site.turn.round > 1 else None
    desk.recover()
    matched = site.turn.arm == CONTROL and not settings.early_stop_patience
    steps = _count_steps(checkpoints, site.turn.round) if matched else 0
    train_draws(desk, PHASE_TRAIN, draws, source, Start(site.seed, begin, begin, steps))
    desk.clean()


def appraise(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    appraising: AppraiseSettings,
    scoring: ScoreModelSettings,
    site: Site,
) -> None:
    """Append the loss of the beginning of each candidate, before the draw: as it stands, and with its words reordered.

    Held-out documents are read likewise where arms are compared on them, after round 1, so that those without order do not count.
    Where labels are learnt, candidates alone are read, whole and once: what counts there is what the model makes of their labels.

    The model is that of the plan arm after the round before; in round 1 the one that training starts from. Shuffles, for each
    of the two passes, what ``write_shards`` does, with the beginnings alone.

    Raises:
        TrainError: there is no model yet, or a rank failed.
        ConservationError: events and candidates do not match.
    """
    desk = Desk(site)
    start = find_final(checkpoints, site.turn.round - 1, PLAN) if site.turn.round > 1 else None
    if start is None and not settings.model:
        raise TrainError(f"{name_step(desk)}: before round 1 there is a model only where train.model names one; appraise round 2")
    learnt = samples(documents, examples, task)
    labelled = task.kind == "classification"
    read = learnt if labelled else learnt.withColumn("text", F.substring("text", 1, appraising.characters))
    looked_at = first_draws(read_draw(sample_plan, site.turn.round, CANDIDATES))
    if site.turn.round > 1 and not labelled:
        moved = looked_at.withColumn("pos", F.col("pos") + F.lit(scoring.max_heldout_documents))
        looked_at = read_heldout(sample_plan, scoring).select(*DRAW).unionByName(moved)
    desk.recover()
    phases: tuple[PhaseName, ...] = (PHASE_APPRAISE,) if labelled else (PHASE_APPRAISE, PHASE_REORDER)
    score_draws(desk, dict.fromkeys(phases, looked_at), Source(read, settings, task), start)
    desk.clean()


def score_model(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    scoring: ScoreModelSettings,
    site: Site,
) -> None:
    """Append one event for each drawn document of the arm and for each held-out one, at the arm's final checkpoint.

    Raises:
        TrainError: there is no final checkpoint, or a rank failed.
        ConservationError: events and documents do not match.
    """
    desk = Desk(site, settings.log_share)
    source = Source(samples(documents, examples, task), settings, task)
    start = find_final(checkpoints, site.turn.round, site.turn.arm)
    heldout = read_heldout(sample_plan, scoring)
    drawn = first_draws(read_draw(sample_plan, site.turn.round, site.turn.arm))
    desk.recover()
    score_draws(desk, {PHASE_SCORE: drawn, PHASE_HELDOUT: heldout}, source, start)
    desk.clean()


def score_shadow(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    rejects: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    site: Site,
) -> None:
    """Append the loss of documents that one rule alone cut, and of held-out ones beside them, at the plan's final checkpoint.

    See ``choose_shadow``. Events of phase ``shadow`` tell what rules do, and nothing else reads them.

    Raises:
        TrainError: there is no final checkpoint, nothing that a rule alone cut, or a rank failed.
        ConservationError: events and documents do not match.
    """
    desk = Desk(site)
    start = find_final(checkpoints, site.turn.round, PLAN)
    chosen = choose_shadow(documents, rejects, sample_plan, round=site.turn.round, seed=site.seed)
    if chosen.isEmpty():
        raise TrainError(f"{name_step(desk)}: no rule cut a document alone and none is held out, so there is nothing to compare")
    desk.recover()
    score_draws(desk, {PHASE_SHADOW: chosen}, Source(samples(documents, examples, task), settings, task), start)
    desk.clean()


def cross_fit(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    fitting: CrossFitSettings,
    site: Site,
) -> None:
    """Append the loss of each drawn document of one fold to a model that saw none of that fold: an honest reference.

    The arm ``fold-K`` names the fold. Its model starts from nothing, by a seed of its own, with the plan arm's tokenizer, and is
    trained on the round's draws of all other folds (events of phase ``fit``); then it scores the fold's documents (phase
    ``reference``). Both exactly once, as ``train`` and ``score_model`` do.

    Raises:
        TrainError: there is nothing to train on, no tokenizer yet, or a rank failed.
        ConservationError: events and draws do not match.
    """
    desk = Desk(site, settings.log_share)
    source = Source(samples(documents, examples, task), settings, task)
    fold = int(site.turn.arm.removeprefix(FOLD))
    draws, mine = read_draw(sample_plan, site.turn.round, PLAN), _of_fold(fold, fitting, site.seed)
    tokenizer = find_final(checkpoints, site.turn.round, PLAN)
    desk.recover()
    start = train_draws(desk, PHASE_FIT, draws.where(~mine), source, Start(site.seed + 1 + fold, tokenizer=tokenizer))
    score_draws(desk, {PHASE_REFERENCE: first_draws(draws.where(mine))}, source, start)
    desk.clean()


def tune(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    fitting: CrossFitSettings,
    tuning: TuneSettings,
    site: Site,
) -> None:
    """Append the loss of each drawn document of one fold to the fold's reference model after it was tuned on the target slices.

    The arm ``target-K`` names the fold. The model of ``cross_fit`` is trained on with the round's draws of the slices in
    ``tuning`` that lie in other folds (events of phase ``tune``); then it scores the fold's documents (phase ``target``).
    Neither model saw them. What the tuning takes off a loss tells how much a document is worth for the target: Brandfonbrener et
    al. 2024, "CoLoR-Filter" (arXiv 2406.10670).

    Raises:
        TrainError: nothing is drawn of the target slices outside the fold, cross_fit has not run, or a rank failed.
        ConservationError: events and draws do not match.
    """
    desk = Desk(site, settings.log_share)
    source = Source(samples(documents, examples, task), settings, task)
    fold = int(site.turn.arm.removeprefix(TARGET))
    draws, mine = read_draw(sample_plan, site.turn.round, PLAN), _of_fold(fold, fitting, site.seed)
    aims = draws.where(~mine & F.col("slice").isin(*tuning.slices))
    found = {row["slice"] for row in aims.select("slice").distinct().collect()}
    if lacking := [label for label in tuning.slices if label not in found]:
        raise TrainError(
            f"{name_step(desk)}: nothing outside the fold is drawn of {', '.join(lacking)}, named in tune.slices; "
            "resonance explain lists the slices"
        )
    begin = find_final(checkpoints, site.turn.round, f"{FOLD}{fold}")
    desk.recover()
    start = train_draws(desk, PHASE_TUNE, aims, source, Start(site.seed, begin, begin))
    score_draws(desk, {PHASE_TARGET: first_draws(draws.where(mine))}, source, start)
    desk.clean()


def _of_fold(fold: int, fitting: CrossFitSettings, seed: int) -> Column:
    return F.pmod(hash_columns(["doc_id"], seed, "fold"), F.lit(fitting.folds)) == fold


def _count_steps(checkpoints: DataFrame, round: int) -> int:
    """The steps that the plan arm of a round took; 0 where it did not end."""
    mine = (F.col("round") == round) & (F.col("arm") == PLAN) & F.col("final")
    return int(checkpoints.where(mine).agg(F.max("step").alias("step")).collect()[0]["step"] or 0)
