"""The jobs of training, as the driver sees them: train a model on a plan; score documents with it; both for parts in turn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.chance import hashed
from resonance.core.errors import TrainError
from resonance.core.job import Turn
from resonance.core.launch import Launch
from resonance.core.pool import FOLD, HELDOUT
from resonance.core.settings import CrossFitSettings, ScoreModelSettings, TaskSettings, TrainSettings
from resonance.core.table import Catalog
from resonance.train import checkpoint
from resonance.train.desk import Desk
from resonance.train.export import first_draws, places, write_shards
from resonance.train.samples import samples
from resonance.train.spec import Phase, PhaseName, Spec
from resonance.train.tokenizer import TOKENIZER, learn, texts_of
from resonance.train.watch import run_ranks


def train(
    sample_plan: DataFrame,
    documents: DataFrame,
    examples: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
    task: TaskSettings,
    turn: Turn,
    seed: int,
    spark: SparkSession,
    catalog: Catalog,
    folder: Path,
    launch: Launch,
) -> None:
    """Append one event for each draw of the arm and publish checkpoints, both exactly once, over as many runs as it takes.

    Round 1 starts from nothing; later rounds start both arms from the plan arm's last checkpoint of the round before.

    Raises:
        TrainError: there is nothing to train on or to start from, or a rank failed.
        ConservationError: events and plan do not match.
    """
    desk = Desk("train", turn, spark, catalog, folder, settings.log_share)
    source = Source(samples(documents, examples, task), settings, task)
    draws = _drawn(sample_plan, turn.round, turn.arm)
    begin = _final(checkpoints, turn.round - 1, "plan") if turn.round > 1 else None
    desk.recover()
    _train(desk, "train", draws, source, seed, launch, begin, begin / TOKENIZER if begin else None)
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
    turn: Turn,
    spark: SparkSession,
    catalog: Catalog,
    folder: Path,
    launch: Launch,
) -> None:
    """Append one event for each drawn document of the arm and for each held-out one, at the arm's final checkpoint.

    Raises:
        TrainError: there is no final checkpoint, or a rank failed.
        ConservationError: events and documents do not match.
    """
    desk = Desk("score_model", turn, spark, catalog, folder, settings.log_share)
    source = Source(samples(documents, examples, task), settings, task)
    start = _final(checkpoints, turn.round, turn.arm)
    heldout = _drawn(sample_plan, 0, HELDOUT).where(F.col("pos") < scoring.max_heldout_documents)
    wanted: dict[PhaseName, DataFrame] = {"score": first_draws(_drawn(sample_plan, turn.round, turn.arm)), "heldout": heldout}
    desk.recover()
    _score(desk, wanted, source, start, launch)
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
    turn: Turn,
    seed: int,
    spark: SparkSession,
    catalog: Catalog,
    folder: Path,
    launch: Launch,
) -> None:
    """Append the loss of each drawn document of one fold to a model that saw none of that fold: an honest reference.

    The arm ``fold-K`` names the fold. Its model starts from nothing, with the plan arm's tokenizer, and is trained on the round's
    draws of all other folds (events of phase ``fit``); then it scores the fold's documents (phase ``reference``). Both exactly
    once, as ``train`` and ``score_model`` do.

    Raises:
        TrainError: there is nothing to train on, no tokenizer yet, or a rank failed.
        ConservationError: events and draws do not match.
    """
    desk = Desk("cross_fit", turn, spark, catalog, folder, settings.log_share)
    source = Source(samples(documents, examples, task), settings, task)
    draws = _drawn(sample_plan, turn.round, "plan")
    fold = hashed(["doc_id"], seed, "fold")
    mine = F.pmod(fold, F.lit(fitting.folds)) == int(turn.arm.removeprefix(FOLD))
    tokenizer = _final(checkpoints, turn.round, "plan") / TOKENIZER
    desk.recover()
    start = _train(desk, "fit", draws.where(~mine), source, seed, launch, None, tokenizer)
    _score(desk, {"reference": first_draws(draws.where(mine))}, source, start, launch)
    desk.clean()


@dataclass(frozen=True)
class Source:
    """What is learnt from, and how."""

    samples: DataFrame
    settings: TrainSettings
    task: TaskSettings


def _train(
    desk: Desk,
    name: PhaseName,
    draws: DataFrame,
    source: Source,
    seed: int,
    launch: Launch,
    begin: Path | None,
    tokenizer: Path | None,
) -> Path:
    """The final checkpoint of a training on ``draws``, from ``begin`` (or nothing) with ``tokenizer`` (or one that is learnt)."""
    last = desk.last_checkpoint()
    if last is None or not checkpoint.state_of(last).final:
        phase = write_shards(name, draws, source.samples, desk.shards / name)
        if not phase.places:
            raise TrainError(f"{_title(desk)}: the plan draws nothing; raise rebalance.tokens")
        spec = Spec(
            settings=source.settings,
            task=source.task,
            seed=seed,
            tokenizer=tokenizer or _tokenizer(phase, source.settings, desk.turn, desk.folder),
            staging=desk.staging,
            phases=(phase,),
            start=last or begin,
            resume=last is not None,
        )
        _run(desk, spec, launch)
        last = desk.last_checkpoint()
    if last is None or not checkpoint.state_of(last).final:
        raise TrainError(f"{_title(desk)}: ranks ended without a final checkpoint")
    placed, _, _ = places(draws)
    desk.verify(name, placed.where(F.col("place") < checkpoint.state_of(last).last))
    return last


def _score(desk: Desk, wanted: dict[PhaseName, DataFrame], source: Source, start: Path, launch: Launch) -> None:
    """Events of the draws of each phase in ``wanted`` at the checkpoint ``start``."""
    step = checkpoint.state_of(start).step
    phases = [
        write_shards(name, draws, source.samples, desk.shards / name)
        for name, draws in wanted.items()
        if not desk.committed(name, step)
    ]
    spec = Spec(
        settings=source.settings,
        task=source.task,
        seed=0,
        tokenizer=start / TOKENIZER,
        staging=desk.staging,
        phases=tuple(phase for phase in phases if phase.places),
        start=start,
    )
    if spec.phases:
        _run(desk, spec, launch)
    for name, draws in wanted.items():
        desk.verify(name, draws)


def _run(desk: Desk, spec: Spec, launch: Launch) -> None:
    def take(phase: Phase) -> None:
        for folder in desk.finished(phase.name):
            desk.take(phase, folder)

    run_ranks(spec, launch, _title(desk), take)


def _title(desk: Desk) -> str:
    return f"{desk.job} {desk.turn.round} {desk.turn.arm}"


def _drawn(sample_plan: DataFrame, round: int, arm: str) -> DataFrame:
    return sample_plan.where((F.col("round") == round) & (F.col("arm") == arm))


def _final(checkpoints: DataFrame, round: int, arm: str) -> Path:
    mine = (F.col("round") == round) & (F.col("arm") == arm) & F.col("final")
    found = checkpoints.where(mine).orderBy(F.desc("step")).select("uri").limit(1).collect()
    if not found:
        raise TrainError(f"table checkpoints: no final checkpoint of round {round}, arm {arm}; run train for it first")
    folder = Path(found[0]["uri"])
    if not folder.is_dir():
        raise TrainError(f"table checkpoints: round {round}, arm {arm} names {folder}, which is gone; run train for it again")
    return folder


def _tokenizer(phase: Phase, settings: TrainSettings, turn: Turn, folder: Path) -> Path:
    """The tokenizer of all rounds: the model's own, or learnt in round 1 from the first texts of the plan, an order of hashes."""
    if settings.model:
        return Path(settings.model) / TOKENIZER
    path = folder / "models" / f"tokenizer-{settings.vocabulary}-{turn.run}.json"
    if not path.exists():
        learn(texts_of(phase.shards, settings.tokenizer_bytes), settings.vocabulary, path)
    return path
