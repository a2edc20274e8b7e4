"""What jobs of models are made of: a training on draws, a scoring of draws, and what they begin with."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import TrainError
from resonance.core.job import Site
from resonance.core.settings import ScoreModelSettings, TaskSettings, TrainSettings
from resonance.core.turns import HELDOUT, PhaseName
from resonance.train import checkpoint
from resonance.train.desk import Desk
from resonance.train.export import places
from resonance.train.spec import Phase, Spec
from resonance.train.tokenizer import TOKENIZER, learn, texts_of
from resonance.train.watch import run_ranks

LOG = "launch.txt"
"""What ranks print, below the workspace's folder."""


@dataclass(frozen=True)
class Source:
    """What is learnt from, and how."""

    samples: DataFrame
    settings: TrainSettings
    task: TaskSettings


@dataclass(frozen=True)
class Start:
    """What a training begins with.

    Args:
        seed: what its chance follows from, and the parameters of a new model.
        checkpoint: where the model lies that is trained on; a new one where there is none.
        tokenizer: where a checkpoint lies that has it; one is learnt where there is none.
        steps: optimizer steps that it takes; as many as the size of a batch gives where it is 0.
        widen: whether the model of the checkpoint is made twice as wide first.
    """

    seed: int
    checkpoint: str | None = None
    tokenizer: str | None = None
    steps: int = 0
    widen: bool = False


def train_draws(desk: Desk, name: PhaseName, draws: DataFrame, source: Source, start: Start) -> str:
    """Where the final checkpoint lies of a training on ``draws``; one that was cut off goes on from its last checkpoint.

    Raises:
        TrainError: there is nothing to train on, or a rank failed.
        ConservationError: events and draws do not match.
    """
    last = desk.last_checkpoint()
    if last is None or not checkpoint.state_of(last).final:
        phase = desk.write_shards(name, draws, source.samples)
        if not phase.places:
            raise TrainError(f"{name_step(desk)}: the plan draws nothing; raise rebalance.tokens")
        phase = phase.model_copy(update={"steps": min(start.steps, phase.places)})
        begin = last or start.checkpoint
        tokenizer = f"{start.tokenizer}/{TOKENIZER}" if start.tokenizer else _find_tokenizer(phase, source.settings, desk.site)
        spec = Spec(
            settings=_offer_model(desk, source.settings),
            task=source.task,
            seed=start.seed,
            tokenizer=desk.offer_file(tokenizer),
            staging=desk.site.staging.locate(desk.staging),
            phases=(phase,),
            start=desk.offer_checkpoint(begin, resumed=last is not None) if begin else None,
            resume=last is not None,
            widen=start.widen,
        )
        _run(desk, spec)
        last = desk.last_checkpoint()
    if last is None or not checkpoint.state_of(last).final:
        raise TrainError(f"{name_step(desk)}: ranks ended without a final checkpoint")
    placed, _, _ = places(draws)
    desk.verify(name, placed.where(F.col("place") < checkpoint.state_of(last).last))
    return last


def score_draws(desk: Desk, wanted: dict[PhaseName, DataFrame], source: Source, start: str | None) -> None:
    """Events of the draws of each phase in ``wanted``, from the first shard that has none yet.

    They are at the checkpoint that lies at ``start``, or where that is None at the model of the settings.
    """
    phases = [desk.write_shards(name, draws, source.samples, desk.committed(name)) for name, draws in wanted.items()]
    left = tuple(phase for phase in phases if phase.first < phase.places)
    if left:
        spec = Spec(
            settings=_offer_model(desk, source.settings),
            task=source.task,
            seed=0,
            tokenizer=desk.offer_file(f"{start or source.settings.model}/{TOKENIZER}"),
            staging=desk.site.staging.locate(desk.staging),
            phases=left,
            start=desk.offer_checkpoint(start) if start else None,
        )
        _run(desk, spec)
    for name, draws in wanted.items():
        desk.verify(name, draws)


def _run(desk: Desk, spec: Spec) -> None:
    def take(phase: Phase) -> None:
        for folder in desk.finished(phase.name):
            desk.take(phase, folder)

    run_ranks(spec, desk.site.launch, name_step(desk), take, desk.site.folder / desk.staging / LOG)


def name_step(desk: Desk) -> str:
    """What errors call the step."""
    return f"{desk.site.job} {desk.site.turn.round} {desk.site.turn.arm}"


def read_draw(sample_plan: DataFrame, round: int, arm: str) -> DataFrame:
    """What one arm of a round draws."""
    return sample_plan.where((F.col("round") == round) & (F.col("arm") == arm))


def read_heldout(sample_plan: DataFrame, scoring: ScoreModelSettings) -> DataFrame:
    """The held-out documents that models are judged on."""
    return read_draw(sample_plan, 0, HELDOUT).where(F.col("pos") < scoring.max_heldout_documents)


def find_final(checkpoints: DataFrame, round: int, arm: str) -> str:
    """Where an arm's last checkpoint lies: a folder, or an address.

    Raises:
        TrainError: its training did not end, or the checkpoint is gone.
        StorageError: its bucket cannot be read.
    """
    mine = (F.col("round") == round) & (F.col("arm") == arm) & F.col("final")
    found = checkpoints.where(mine).orderBy(F.desc("step")).limit(1).collect()
    if not found:
        raise TrainError(f"table checkpoints: no final checkpoint of round {round}, arm {arm}; run train for it first")
    place = str(found[0]["uri"])
    if not checkpoint.stands(place):
        raise TrainError(f"table checkpoints: round {round}, arm {arm} names {place}, which is gone; run train for it again")
    return place


def _offer_model(desk: Desk, settings: TrainSettings) -> TrainSettings:
    """The settings with the pretrained model where ranks find it."""
    return settings.model_copy(update={"model": desk.offer_folder(settings.model)}) if settings.model else settings


def _find_tokenizer(phase: Phase, settings: TrainSettings, site: Site) -> str:
    """The tokenizer of all rounds: the model's own, or learnt in round 1 from the first texts of the plan, an order of hashes."""
    if settings.model:
        return f"{settings.model}/{TOKENIZER}"
    path = site.folder / "models" / f"tokenizer-{settings.vocabulary}-{site.turn.run}.json"
    if not path.exists():
        learn(texts_of(phase.shards, settings.tokenizer_bytes), settings.vocabulary, path)
    return str(path)
