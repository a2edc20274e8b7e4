"""The two jobs of training, as the driver sees them: train a model on a plan; score documents with it."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import TrainError
from resonance.core.job import Turn
from resonance.core.launch import Launch
from resonance.core.pool import HELDOUT
from resonance.core.settings import ScoreModelSettings, TrainSettings
from resonance.core.table import Catalog
from resonance.train import checkpoint
from resonance.train.desk import Desk
from resonance.train.export import first_draws, places, write_shards
from resonance.train.spec import Phase, PhaseName, Spec
from resonance.train.tokenizer import learn, texts_of
from resonance.train.watch import run_ranks


def train(
    sample_plan: DataFrame,
    documents: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
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
    desk = Desk("train", turn, spark, catalog, folder)
    draws = _drawn(sample_plan, turn.round, turn.arm)
    begin = _final(checkpoints, turn.round - 1, "plan") if turn.round > 1 else None
    desk.recover()
    last = desk.last_checkpoint()
    if last is None or not checkpoint.state_of(last).final:
        phase = write_shards("train", draws, documents, desk.shards / "train")
        if not phase.places:
            raise TrainError(f"{_title(desk)}: the plan draws nothing; raise rebalance.tokens")
        spec = Spec(
            settings=settings,
            seed=seed,
            tokenizer=begin / checkpoint.TOKENIZER if begin else _tokenizer(phase, settings, turn, folder),
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
    desk.verify("train", placed.where(F.col("place") < checkpoint.state_of(last).last))
    desk.clean()


def score_model(
    sample_plan: DataFrame,
    documents: DataFrame,
    checkpoints: DataFrame,
    *,
    settings: TrainSettings,
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
    desk = Desk("score_model", turn, spark, catalog, folder)
    start = _final(checkpoints, turn.round, turn.arm)
    step = checkpoint.state_of(start).step
    heldout = _drawn(sample_plan, 0, HELDOUT).where(F.col("pos") < scoring.max_heldout_documents)
    wanted: dict[PhaseName, DataFrame] = {"score": first_draws(_drawn(sample_plan, turn.round, turn.arm)), "heldout": heldout}
    desk.recover()
    phases = [
        write_shards(name, draws, documents, desk.shards / name) for name, draws in wanted.items() if not desk.committed(name, step)
    ]
    spec = Spec(
        settings=settings,
        seed=0,
        tokenizer=start / checkpoint.TOKENIZER,
        staging=desk.staging,
        phases=tuple(phase for phase in phases if phase.places),
        start=start,
    )
    if spec.phases:
        _run(desk, spec, launch)
    for name, draws in wanted.items():
        desk.verify(name, draws)
    desk.clean()


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
    """The tokenizer of all rounds, learnt in round 1 from the first texts of the plan, whose order is one of hashes."""
    path = folder / "models" / f"tokenizer-{settings.vocabulary}-{turn.run}.json"
    if not path.exists():
        learn(texts_of(phase.shards, settings.tokenizer_bytes), settings.vocabulary, path)
    return path
