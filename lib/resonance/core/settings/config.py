"""The whole configuration: one section of each kind, and what concerns them all."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from resonance.core.settings.annotate import AnnotateSettings
from resonance.core.settings.assess import AssessSettings
from resonance.core.settings.attribute import AttributeSettings
from resonance.core.settings.base import Settings
from resonance.core.settings.benchmark import EvaluateSettings
from resonance.core.settings.control import DecideSettings
from resonance.core.settings.curate import (
    CleanSettings,
    DecontaminateSettings,
    DedupeSettings,
    IngestSettings,
    JudgeSettings,
    RebalanceSettings,
    ScoreSettings,
)
from resonance.core.settings.propose import ProposeSettings
from resonance.core.settings.report import ReportSettings
from resonance.core.settings.runtime import LineageSettings, SparkSettings, TrackingSettings
from resonance.core.settings.states import FeedbackSettings
from resonance.core.settings.task import TaskSettings
from resonance.core.settings.train import AppraiseSettings, CrossFitSettings, ScoreModelSettings, TrainSettings, TuneSettings


class Config(Settings):
    """The whole configuration of a run."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset(
        {
            "workspace",
            "tables",
            "checkpoints",
            "staging",
            "catalog",
            "spark",
            "tracking",
            "lineage",
            "report",
            "rounds",
            "unchecked",
        }
    )
    """Where, how long and whether at all, not what."""

    workspace: str = Field("workspace", description="folder of tables, checkpoints and reports")
    tables: str = Field(
        "",
        description="address of tables, s3://bucket/folder or hdfs://node/folder; folder tables of the workspace where empty",
    )
    checkpoints: str = Field(
        "", description="address of checkpoints, s3://bucket/folder or hdfs://node/folder; a folder of the workspace where empty"
    )
    staging: str = Field(
        "",
        description="address of what ranks share, s3://bucket/folder or hdfs://node/folder, where they see no folder in common; "
        "the workspace's folder where empty",
    )
    catalog: str | None = Field(None, description="catalog.schema for tables; the workspace folder where empty")
    batch: str = Field("main", pattern=r"^[A-Za-z0-9_.-]+$", description="name of the delivery")
    seed: int = Field(42, description="number that every draw, split and start of a model follows from")
    rounds: int = Field(2, ge=1, description="rounds of the loop")
    control: bool = Field(True, description="train a control arm with round-1 weights from round 2 on")
    unchecked: bool = Field(False, description="train although no evaluation set is registered")
    spark: SparkSettings = SparkSettings()
    task: TaskSettings = TaskSettings()
    ingest: IngestSettings = IngestSettings()
    clean: CleanSettings = CleanSettings()
    judge: JudgeSettings = JudgeSettings()
    dedupe: DedupeSettings = DedupeSettings()
    decontaminate: DecontaminateSettings = DecontaminateSettings()
    annotate: AnnotateSettings = AnnotateSettings()
    score: ScoreSettings = ScoreSettings()
    rebalance: RebalanceSettings = RebalanceSettings()
    train: TrainSettings = TrainSettings()
    score_model: ScoreModelSettings = ScoreModelSettings()
    appraise: AppraiseSettings = AppraiseSettings()
    cross_fit: CrossFitSettings = CrossFitSettings()
    tune: TuneSettings = TuneSettings()
    assess: AssessSettings = AssessSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    attribute: AttributeSettings = AttributeSettings()
    propose: ProposeSettings = ProposeSettings()
    decide: DecideSettings = DecideSettings()
    report: ReportSettings = ReportSettings()
    tracking: TrackingSettings = TrackingSettings()
    lineage: LineageSettings = LineageSettings()

    @model_validator(mode="after")
    def _can_draw(self) -> Config:
        """Refuses a sampler that draws all documents of a slice alike where the weighting does not."""
        if self.rebalance.sampler == "fixed" and self.decide.weighting.weighs_samples:
            raise ValueError(
                f"rebalance.sampler fixed draws all documents of a slice alike, weighting {self.decide.weighting.title} does not: "
                "set rebalance.sampler to poisson, or name another weighting"
            )
        return self
